"""bitline.py - reads what bitline writes: JSON reports (bitline.report/1) and databases of sweeps.

One file, the standard library alone; where pandas is installed, frame() makes a data frame of any rows.

    import bitline
    r = bitline.report("run.json")                    # a dict, as tools/report/README.md has it
    bitline.rows(r, "layers")                         # a list of flat dicts: one a layer, part, tally, verdict, wait, price or figure
    bitline.rows(r, "intervals")                      # of a run with --interval: one a part and interval, with its verdicts, energy and power
    s = bitline.sweep("rho.sqlite")                   # a list of flat dicts, one a point: its settings, its figures, state, seconds, ...
    bitline.sweep_report("rho.sqlite", s[0]["key"])   # the whole report of a point
    bitline.frame(s).plot(x="adc.rho", y="energy_j")

On the command line: python3 tools/bitline.py FILE [TABLE] prints rows as CSV.
"""
import csv
import json
import os
import sqlite3
import sys
import zlib

SCHEMA = "bitline.report/1"
APPLICATION = 0x424C5357          # of a database of sweeps
TABLES = ("layers", "parts", "verdicts", "waits", "tallies", "clocks", "figures", "prices", "expects", "params",
          "layer_verdicts", "intervals", "power", "channels", "energy_by", "slots")


class Refused(Exception):
    """The file is not what was expected; the text says what was found."""


def report(path):
    """The JSON report in a file, as a dict."""
    with open(path, encoding="utf-8") as f:
        try:
            r = json.load(f)
        except ValueError as e:
            raise Refused(f"{path}: is no JSON: {e}") from None
    schema = r.get("schema") if isinstance(r, dict) else None
    if schema != SCHEMA:
        raise Refused(f"{path}: its schema is {schema!r}; expected {SCHEMA!r}")
    return r


def _flat(value, prefix=""):
    """Nested objects become names with dots; lists of numbers stay."""
    out = {}
    for key, v in value.items():
        if isinstance(v, dict):
            out.update(_flat(v, prefix + key + "."))
        elif key.endswith("_yj") and isinstance(v, str):
            out[prefix + key] = int(v)
        elif not (isinstance(v, list) and v and isinstance(v[0], dict)):
            out[prefix + key] = v
    return out


def _of_parts(r, what):
    for part in r["parts"]:
        for row in part.get(what, []):
            yield {"path": part["path"], "class": part["class"], **_flat(row)}


def _spans(iv):
    """The ends of each interval, fs."""
    start, every, end = iv["from_fs"], iv["every_fs"], iv["to_fs"]
    return [(start + k * every, min(start + (k + 1) * every, end)) for k in range(iv["count"])]


def _energy(row, k):
    return {"energy_yj": int(row["energy_yj"][k]), "power_w": row["power_w"][k]} if "energy_yj" in row else {}


def _intervals(iv):
    """A row a part and interval; a verdict that took no time in the whole run has no column."""
    for part in iv["parts"]:
        for k, (start, end) in enumerate(_spans(iv)):
            elapsed = part["elapsed"][k]
            spent = {"spent." + v["name"]: v["spent"][k] for v in part["verdicts"]}
            yield {"path": part["path"], "unit": part["unit"], "from_fs": start, "to_fs": end, "elapsed": elapsed,
                   "utilisation": spent.get("spent.busy", 0) / elapsed if elapsed else None, **_energy(part, k), **spent}


def _channels(iv):
    for c in iv["channels"]:
        fixed = {k: c[k] for k in c if k not in ("mean", "most")}
        for k, (start, end) in enumerate(_spans(iv)):
            yield {**fixed, "from_fs": start, "to_fs": end, "mean": c["mean"][k], "most": c["most"][k]}


def _over_time(r, table):
    if "intervals" not in r:
        raise Refused(f"there is no table {table!r}: the run had no --interval")
    iv = r["intervals"]
    if table == "power":
        return [{"from_fs": a, "to_fs": b, **_energy(iv, k)} for k, (a, b) in enumerate(_spans(iv))]
    return list(_intervals(iv) if table == "intervals" else _channels(iv))


def rows(r, table):
    """A table of a report as a list of flat dicts. Energies named ..._yj are whole numbers."""
    if table in ("layers", "clocks", "figures", "expects"):
        return [_flat({k: v for k, v in row.items() if k != "verdicts"}) for row in r[table]]
    if table == "parts":
        kept = ("verdicts", "waits", "tallies", "params")
        return [_flat({k: v for k, v in part.items() if k not in kept}) for part in r["parts"]]
    if table in ("verdicts", "waits", "tallies"):
        return list(_of_parts(r, table))
    if table == "params":
        return [{"path": p["path"], "class": p["class"], "name": k, "value": v} for p in r["parts"] for k, v in p.get("params", {}).items()]
    if table == "layer_verdicts":
        return [{"layer": layer["name"], **row} for layer in r["layers"] for row in layer.get("verdicts") or []]
    if table in ("intervals", "power", "channels"):
        return _over_time(r, table)
    if table == "energy_by":
        return [_flat(row) for row in r["totals"].get("energy_by", [])]
    if table == "slots":
        of = [(row["name"], row.get("slots", [])) for row in r["layers"]] + [(None, r.get("slots", []))]
        return [{"layer": layer, **{k: v if k in ("class", "unit") else number(v) for k, v in row.items()}} for layer, rows_ in of for row in rows_]
    if table == "prices":
        return [_flat(row) for row in r["provenance"]["prices"]]
    raise Refused(f"there is no table {table!r}; expected one of {', '.join(TABLES)}")


def number(text):
    """A text as an int or a float where it is one, else as it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            pass
    return text


def _open(path):
    if not os.path.exists(path):
        raise Refused(f"{path}: there is no such file")
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    try:
        app, form = db.execute("PRAGMA application_id").fetchone()[0], db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.DatabaseError as e:
        db.close()
        raise Refused(f"{path}: is no database of sweeps: {e}") from None
    if app != APPLICATION or form != 1:
        db.close()
        raise Refused(f"{path}: is no database of sweeps, or of another form ({form}); expected form 1")
    return db


def sweep(path, which=None):
    """The points of a sweep (1 is the first; None: of all) as flat dicts, in order. An axis "--seed" is called seed. A point that has not run has state 'missing'."""
    db = _open(path)
    sql = ("SELECT s.rowid AS sweep, sp.n + 1 AS point, sp.setting, p.figures, coalesce(p.state, 'missing') AS state, sp.key, p.message, p.seconds, p.cpu_seconds,"
           " p.peak_kb, p.attempts, p.command, p.host, p.started FROM sweeps s JOIN sweep_points sp ON sp.sweep = s.id LEFT JOIN points p ON p.key = sp.key"
           " ORDER BY s.rowid, sp.n")
    out = []
    try:
        for row in db.execute(sql):
            if which is not None and row["sweep"] != which:
                continue
            setting = {k[2:] if k.startswith("--") else k: number(v) for k, v in json.loads(row["setting"]).items()}
            figures = json.loads(row["figures"]) if row["figures"] else {}
            rest = {k: row[k] for k in row.keys() if k not in ("setting", "figures")}
            out.append({**rest, **figures, **setting})
    finally:
        db.close()
    return out


def sweep_report(path, key):
    """The report of a point, as report() gives it; None: it has none."""
    db = _open(path)
    try:
        row = db.execute("SELECT report FROM points WHERE key = ?", (key,)).fetchone()
    finally:
        db.close()
    return json.loads(zlib.decompress(row[0])) if row and row[0] else None


def columns(table):
    """The names of all columns, in the order in which they come."""
    return list(dict.fromkeys(k for row in table for k in row))


def write_csv(table, out):
    """Rows as CSV, the names first."""
    w = csv.DictWriter(out, columns(table), restval="", lineterminator="\n")
    w.writeheader()
    w.writerows(table)


def frame(table):
    """Rows as a pandas data frame; needs pandas."""
    import pandas
    return pandas.DataFrame(table, columns=columns(table))


def main(argv):
    if len(argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        with open(argv[1], "rb") as f:
            is_database = f.read(15) == b"SQLite format 3"
        if is_database:
            table = sweep(argv[1], int(argv[2]) if len(argv) == 3 else None)
        else:
            table = rows(report(argv[1]), argv[2] if len(argv) == 3 else "layers")
    except (Refused, OSError, ValueError) as e:
        print(f"bitline.py: {e}", file=sys.stderr)
        return 2
    write_csv(table, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
