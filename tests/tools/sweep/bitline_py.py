"""bitline_py.py REPORT.json DB - what tools/bitline.py says of a report and a database, against the files themselves. Prints "ok"."""
import io
import json
import os
import sqlite3
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "tools")
import bitline  # noqa: E402


def refused(what, call, *args):
    try:
        call(*args)
    except bitline.Refused as e:
        assert what in str(e), f"{what!r} is not in {e!s}"
    else:
        raise AssertionError(f"{args} was not refused")


report, db = sys.argv[1:]
r = bitline.report(report)
raw = json.load(open(report))
assert [x["name"] for x in bitline.rows(r, "layers")] == [x["name"] for x in raw["layers"]]
assert bitline.rows(r, "layers")[0]["shape.in"] == raw["layers"][0]["shape"]["in"]
assert sum(x["energy_yj"] for x in bitline.rows(r, "parts") if x["class"]) == int(raw["totals"]["energy_yj"])
for table in bitline.TABLES:
    rows = bitline.rows(r, table)
    assert (rows or not raw.get(table)) and all(not isinstance(v, dict) for row in rows for v in row.values()), table
assert {"path": "adc", "class": "osa_adc", "name": "rho", "value": "2"} in bitline.rows(r, "params")
per_layer = bitline.rows(r, "layer_verdicts")
assert sum(x["spent"] for x in per_layer if x["layer"] == "conv1" and x["part"] == "host") == raw["layers"][0]["cycles"]
iv = bitline.rows(r, "intervals")
for part in raw["parts"]:
    mine = [x for x in iv if x["path"] == part["path"]]
    assert sum(x["elapsed"] for x in mine) == part["elapsed"] and sum(x.get("energy_yj", 0) for x in mine) == int(part["energy_yj"]), part["path"]
    for v in part["verdicts"]:
        assert sum(x.get("spent." + v["name"], 0) for x in mine) == v["spent"]
    assert all(x["utilisation"] == x.get("spent.busy", 0) / x["elapsed"] for x in mine if x["elapsed"])
power = bitline.rows(r, "power")
assert power[0]["from_fs"] == 0 and power[0]["to_fs"] == power[1]["from_fs"] == 20_000_000_000 and power[-1]["to_fs"] == raw["simulated_fs"]
assert sum(x["energy_yj"] for x in power) == int(raw["totals"]["energy_yj"])
assert {(x["from"], x["to"], x["depth"]) for x in bitline.rows(r, "channels")} == {(c["from"], c["to"], c["depth"]) for c in raw["intervals"]["channels"]}
assert sum(x["energy_yj"] for x in bitline.rows(r, "energy_by")) == int(raw["totals"]["energy_yj"])
refused("the run had no --interval", bitline.rows, {k: v for k, v in r.items() if k != "intervals"}, "power")
slots = bitline.rows(r, "slots")
assert [x["layer"] for x in slots] == [x["name"] for x in raw["layers"]] + [None] and all(x["class"] == "hcima_array" for x in slots)
kinds = ("useful", "underfilled_rows", "underfilled_columns", "starved", "weight_load", "blocked", "fill_drain", "finished")
assert all(sum(x[k] for k in kinds) == x["slots"] for x in slots) and sum(x["slots"] for x in slots[:-1]) == slots[-1]["slots"]
spent = [x["spent"] for x in bitline.rows(r, "verdicts") if x["path"] == "host"]
assert sum(spent) == [p for p in raw["parts"] if p["path"] == "host"][0]["elapsed"]

s = bitline.sweep(db)
assert [(x["adc.rho"], x["seed"]) for x in s] == [(1, 7), (1, 8), (2, 7), (2, 8)], s
assert all(x["state"] == "done" and x["sweep"] == 1 and x["images"] == 1 for x in s)
assert len({x["key"] for x in s}) == 4 and bitline.sweep(db, 2) == []
whole = bitline.sweep_report(db, s[2]["key"])
assert whole["totals"]["energy_j"] == s[2]["energy_j"] and whole["schema"] == bitline.SCHEMA
assert bitline.sweep_report(db, "0" * 64) is None
out = io.StringIO()
bitline.write_csv(s, out)
assert out.getvalue().count("\n") == 5 and out.getvalue().startswith("sweep,point,state,key,")

refused("there is no table 'parrts'", bitline.rows, r, "parrts")
refused("there is no such file", bitline.sweep, db + ".none")
refused("is no database of sweeps", bitline.sweep, report)
refused("is no JSON", bitline.report, "Makefile")
other = db + ".other"
sqlite3.connect(other).execute("CREATE TABLE t (x)")
refused("is no database of sweeps, or of another form", bitline.sweep, other)
os.remove(other)
try:
    import pandas  # noqa: F401
    assert list(bitline.frame(s)["seed"]) == [7, 8, 7, 8]
except ImportError:
    pass
print("ok")
