"""check.py NAME WIDTH PAGE DOM REPORT... - what a browser drew against the JSON report, worked out here anew; check.py --still PAGE DOM - the tables alone."""
import json, os, re, sys
from html.parser import HTMLParser

MOST_BYTES, MOST_MS = 3_000_000, 2000
PREFIX = {p: 10.0 ** (3 * i - 18) for i, p in enumerate(["a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T", "P", "E"])}


class Dom(HTMLParser):
    """The charts of a page: {id: {spec, labels, rects, table rows}}, and attributes of <html>."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.html, self.charts, self.at, self.cell, self.json, self.stack, self.right = {}, {}, None, None, False, [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if tag == "html":
            self.html = a
        if tag == "figure":
            self.at = self.charts[a["id"][6:]] = {"labels": [], "rects": [], "rows": [], "svg": {}}
        if not self.at:
            return
        if tag == "svg" and "viewbox" in a:
            self.at["svg"] = a
        if tag == "g":
            self.stack.append(a.get("class", ""))
        if tag == "path" and a.get("aria-label") and any("mark-rect" in c or "mark-symbol" in c for c in self.stack):
            self.at["labels"].append(a["aria-label"])
            self.at["rects"].append(a)
        if tag == "script" and a.get("type") == "application/json":
            self.json = ""
        if tag == "tr":
            self.at["rows"].append([])
        if tag in ("td", "th"):
            self.cell = ""

    def handle_endtag(self, tag):
        if tag == "figure":
            self.at, self.stack = None, []
        if tag == "g" and self.stack:
            self.stack.pop()
        if tag == "script" and isinstance(self.json, str):
            self.at["spec"], self.json = json.loads(self.json), False
        if tag in ("td", "th") and self.at:
            self.at["rows"][-1].append(self.cell)
            self.cell = None

    def handle_data(self, data):
        if isinstance(self.json, str):
            self.json += data
        elif self.cell is not None:
            self.cell += data


wrong = []


def say(text):
    wrong.append(text)


def number(text, unit):
    """"483.42 us" in the unit s."""
    m = re.fullmatch(r"(-?[0-9.e+-]+) ([afpnumkMGTPE]?)" + re.escape(unit), text)
    return float(m.group(1)) * PREFIX[m.group(2)] if m else float("nan")


def near(a, b, part=5.1e-5, least=1e-30):
    return abs(a - b) <= part * max(abs(a), abs(b)) + least


def rows(chart):
    return chart["rows"][1:]


def is_equal(name, got, want, **how):
    """Two dicts of numbers."""
    for k in sorted(set(got) | set(want), key=str):
        if k not in got or k not in want or not near(got[k], want[k], **how):
            say("%s: %s is %s on the page, %s by the report" % (name, k, got.get(k), want.get(k)))


def add(d, k, v):
    d[k] = d.get(k, 0) + v


# ---- what each chart shows, by the report

def path(r, c):
    want, got, kept = {}, {}, {row[1] for row in rows(c)}
    parts = {row["part"] for l in r["layers"] + [r] for row in (l["path"] or {"rows": []})["rows"]}
    name = (lambda p: re.sub(r"\[\d+\]", "[*]", p)) if len(parts) > 7 else (lambda p: p)
    layers = [l for l in r["layers"] if l["path"] and l["path"]["fs"]] or [{"name": "whole run", "path": r["path"]}]
    for l in layers:
        for row in l["path"]["rows"]:
            add(want, (l["name"], name(row["part"]) if name(row["part"]) in kept else "other parts"), row["fs"] / 1e15)
        if l["path"]["steps"].get("more", 0):
            add(want, (l["name"], "small rows of many"), l["path"]["steps"]["more"] / 1e15)
    for row in rows(c):
        add(got, (row[0], row[1]), number(row[2], "s"))
    shown = {k[0] for k in got}
    if len(layers) != len(shown) and len(shown) < 40:
        say("path: layers are missing")
    is_equal("path", got, {k: v for k, v in want.items() if k[0] in shown and v})


def waits(r, c):
    words = {"busy": "busy", "own": "own", "waits": "waits", "starved": "starved", "not_started": "before", "finished": "after", "idle": "idle"}
    want, got = {}, {row[0] + "/" + row[1]: float(row[3]) for row in rows(c)}
    for p in r["parts"]:
        for k, word in words.items():
            name = p["path"] + "/" + word
            if p["time"] and p["elapsed"] and p["time"][k] and name in got:
                want[name] = 100 * p["time"][k] / p["elapsed"]
    is_equal("waits", {k: v for k, v in got.items() if "[*]" not in k}, want, part=0, least=0.0501)
    lanes = {}
    for row in rows(c):
        add(lanes, row[0], float(row[3]))
    for k, v in lanes.items():
        if abs(v - 100) > 0.4:
            say("waits: %s adds up to %g %%" % (k, v))


def what_if(r, c):
    want = {(w["change"], "saved"): w["saved_fs"] / 1e15 for w in r["what_if"]}
    want.update({(w["change"], "most"): w["at_most_fs"] / 1e15 for w in r["what_if"] if w["at_most_fs"] is not None})
    got = {(row[0], "saved"): number(row[1], "s") for row in rows(c)}
    got.update({(row[0], "most"): number(row[3], "s") for row in rows(c) if row[3] != "-"})
    is_equal("what_if", got, want)


def layer_energy(r, c):
    want = {l["name"]: l["energy_j"] for l in r["layers"] if l["energy_j"]}
    is_equal("layer_energy", {row[0]: number(row[1], "J") for row in rows(c)}, want)


def part_energy(r, c):
    got, want = {row[0]: number(row[2], "J") for row in rows(c)}, {}
    for p in r["parts"]:
        if not p["class"]:
            continue
        for row in p["tallies"] + p["verdicts"]:
            if int(row.get("energy_yj", 0)):
                add(want, p["path"] + "." + row["name"], int(row["energy_yj"]) / 1e24)
        if int(p["static_yj"]):
            add(want, p["path"] + ".static", int(p["static_yj"]) / 1e24)
    is_equal("part_energy", got, {k: v for k, v in want.items() if k in got or len(got) < 40})


def slots(r):
    """Times of the slots, and of each part and slot elapsed and spent by verdict."""
    if "intervals" in r:
        v = r["intervals"]
        each = -(-v["count"] // 60)
        at = [min(v["from_fs"] + k * each * v["every_fs"], v["to_fs"]) for k in range(-(-v["count"] // each))] + [v["to_fs"]]
        fold = lambda l: [sum(l[i:i + each]) for i in range(0, len(l), each)]
        return at, {p["path"]: (fold(p["elapsed"]), {x["name"]: fold(x["spent"]) for x in p["verdicts"]}) for p in v["parts"]}
    at, parts, n = [0], {}, len(r["layers"])
    for k, l in enumerate(r["layers"]):
        at.append(at[-1] + l["path"]["fs"])
        for row in l["verdicts"]:
            elapsed, spent = parts.setdefault(row["part"], ([0] * n, {}))
            elapsed[k] += row["spent"]
            spent.setdefault(row["verdict"], [0] * n)[k] += row["spent"]
    return at, parts


def used(r, c):
    at, parts = slots(r)
    want = {}
    for path, (elapsed, spent) in parts.items():
        for k, all in enumerate(elapsed):
            if all and at[k + 1] > at[k]:
                want[path, k] = 100 * spent.get("busy", [0] * len(elapsed))[k] / all
    lanes = [row[0] for row in rows(c)]
    order = {(p, k): v for (p, k), v in want.items() if p in set(lanes)}
    if len(rows(c)) != len(order):
        say("used: %d cells, expected %d" % (len(rows(c)), len(order)))
    for (row, (key, v)) in zip(rows(c), ((k, order[k]) for p in dict.fromkeys(lanes) for k in sorted(x for x in order if x[0] == p))):
        if abs(float(row[3]) - v) > 0.0501 or not near(number(row[1], "s"), at[key[1]] / 1e15):
            say("used: %s at %s is %s, expected %g" % (row[0], row[1], row[3], v))


def gantt(r, c):
    at, parts = slots(r)
    for row, mark in zip(rows(c), c["spec"]["rows"]):
        if not near(number(row[1], "s"), mark["x0"]) or not near(number(row[2], "s"), mark["x"]):
            say("gantt: %s from %s to %s is drawn from %g to %g" % (row[0], row[1], row[2], mark["x0"], mark["x"]))
        elapsed, spent = parts[row[0]]
        inside = [k for k in range(len(at) - 1) if at[k] / 1e15 >= mark["x0"] * (1 - 1e-12) and at[k + 1] / 1e15 <= mark["x"] * (1 + 1e-12)]
        for k in inside:
            if elapsed[k] and spent[row[3]][k] < max(v[k] for v in spent.values()):
                say("gantt: %s is not mostly %s in slot %d" % (row[0], row[3], k))
        share = 100 * sum(spent[row[3]][k] for k in inside) / max(1, sum(elapsed[k] for k in inside))
        if abs(share - float(row[4])) > 0.0501:
            say("gantt: %s %s from %s: %s %%, expected %g" % (row[0], row[3], row[1], row[4], share))


def power(r, c):
    joules = sum(number(row[3], "W") * (number(row[2], "s") - number(row[1], "s")) for row in rows(c))
    want = sum(int(e) for e in r["intervals"]["energy_yj"]) / 1e24 if "intervals" in r else sum(l["energy_j"] for l in r["layers"])
    if not near(joules, want, part=5e-4):
        say("power: the area is %g J, the energy %g J" % (joules, want))


def roofline(r, c):
    cycles = sum(l["cycles"] for l in r["layers"])
    for row in rows(c):
        l = next(l for l in r["layers"] if l["name"] == row[0])
        rate = 2 * l["macs"] * r["result"]["images"] / (l["cycles"] / cycles * r["simulated_fs"] / 1e15)
        k, s = l["shape"]["kernel"], l["shape"]
        size = s["in"][0] * s["out"][0] / s["groups"] * k[0] * k[1] * l["bits"]["weights"] / 8
        if not near(number(row[2], "op/s"), rate) or not near(float(row[1]), 2 * l["macs"] / size, part=1e-3):
            say("roofline: %s at %s, %s; expected %g, %g" % (row[0], row[1], row[2], 2 * l["macs"] / size, rate))
        if float(row[3]) > 100.05:
            say("roofline: %s lies above the roof" % row[0])


def precision(r, c):
    want = {(l["name"], k): v for l in r["layers"] for k, v in l["bits"].items() if v}
    is_equal("precision", {(row[0], row[1]): int(row[2]) for row in rows(c)}, want)


def figure(r, c, name):
    want = {f["name"]: f["value"] for f in r["figures"] if re.fullmatch(re.escape(name) + r"\d+", f["name"])}
    is_equal(name, {name + row[0]: float(row[1]) for row in rows(c)}, want)


# ---- of several runs, and of a sweep

def paths(runs, c):
    want, got = {}, {}
    for row in rows(c):
        add(got, row[0][0], number(row[2], "s"))
    is_equal("paths", got, {chr(65 + i): r["path"]["fs"] / 1e15 for i, r in enumerate(runs)}, part=3e-4)


def energies(runs, c):
    got = {}
    for row in rows(c):
        add(got, row[0][0], number(row[2], "J"))
    is_equal("energies", got, {chr(65 + i): r["totals"]["energy_j"] for i, r in enumerate(runs)}, part=3e-4)


def front(c, goals):
    """Which points are said to be beaten, by the definition."""
    at = [(goals[0] * float(row[1]), goals[1] * float(row[2])) for row in rows(c)]
    for mark, p in zip(c["spec"]["rows"], at):
        beaten = any(q[0] >= p[0] and q[1] >= p[1] and q != p for q in at)
        if mark["s"] != ("beaten" if beaten else "not beaten"):
            say("%s: %s is %s" % (c["spec"]["id"], mark["name"], mark["s"]))
    if len(c["spec"]["lines"]["front"]) != sum(m["s"] == "not beaten" for m in c["spec"]["rows"]):
        say("%s: the line misses points" % c["spec"]["id"])


def of_runs(runs, c, x):
    images = [r["result"]["images"] for r in runs]
    values = {"speed": [n / (r["simulated_fs"] / 1e15) for n, r in zip(images, runs)], "accuracy": [r["result"]["correct"] / n for n, r in zip(images, runs)]}[x]
    is_equal(x, {row[0][0]: float(row[1]) for row in rows(c)}, {chr(65 + i): v for i, v in enumerate(values)})
    is_equal(x + ", energy", {row[0][0]: float(row[2]) for row in rows(c)}, {chr(65 + i): r["totals"]["energy_j"] / images[i] for i, r in enumerate(runs)})
    front(c, (1, -1))


def compared(d, runs):
    for id in ("paths", "energies", "speed", "accuracy"):
        if id not in d.charts:
            say("there is no chart " + id)
        elif id in ("paths", "energies"):
            globals()[id](runs, d.charts[id])
        else:
            of_runs(runs, d.charts[id], id)


def swept(d, points):
    """images_per_s to be large, energy_j_an_image to be small; a plot of the energy by adc.rho."""
    pareto, plot = d.charts["pareto"], d.charts["plot"]
    for k, key in ((1, "images_per_s"), (2, "energy_j_an_image")):
        is_equal("pareto, " + key, {i: float(row[k]) for i, row in enumerate(rows(pareto))}, {i: p[key] for i, p in enumerate(points)})
    is_equal("plot", {i: float(row[3]) for i, row in enumerate(rows(plot))}, {i: p["energy_j_an_image"] for i, p in enumerate(points)})
    front(pareto, (1, -1))


# ---- what is drawn, against what the chart was told

def rect_width(a):
    m = re.match(r"M(-?[\d.]+),(-?[\d.]+)h(-?[\d.]+)", a["d"])
    return float(m.group(3)) if m else None


def drawn(id, c, width):
    spec = c["spec"]
    want = [row["say"] for row in spec["rows"]] + [row["say"] for row in spec["bounds"]]
    if c["labels"] != want:
        say("%s: %d marks are drawn, %d were given" % (id, len(c["labels"]), len(want)))
    if len(rows(c)) != len(spec["rows"]):
        say("%s: %d marks, and %d rows in the table" % (id, len(spec["rows"]), len(rows(c))))
    size = [float(x) for x in c["svg"].get("viewbox", "0 0 0 0").split()]
    if not width - 300 < size[2] <= width:
        say("%s: %g pixels wide on a page of %d" % (id, size[2], width))
    if spec["shape"] in ("bars", "heat"):
        pixels = [(rect_width(a), row["x"] - row["x0"]) for a, row in zip(c["rects"], spec["rows"])]
        scale = sum(w for w, _ in pixels) / sum(abs(v) for _, v in pixels)
        for (w, v), row in zip(pixels, spec["rows"]):
            if abs(w - abs(v) * scale) > 0.5 + 0.001 * w:
                say("%s: a bar of %g is %g pixels, expected %g (%s)" % (id, v, w, abs(v) * scale, row["say"]))


def load(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def still(page, dom):
    now, written = Dom(load(dom)), Dom(load(page))
    for id, c in written.charts.items():
        if len(c["rows"]) < 2 or now.charts[id]["rows"] != c["rows"]:
            say("without scripts: no table of %s" % id)


def must_be(r):
    """Which charts there are, by what the report has."""
    layers = r["layers"]
    slotted = "intervals" in r or (layers and all(l["verdicts"] is not None for l in layers))
    joules = int(r["totals"]["energy_yj"]) > 0
    return {"path": bool(r["path"]), "waits": True, "what_if": bool(r.get("what_if")), "layer_energy": any(int(l["energy_yj"] or 0) for l in layers),
            "part_energy": joules, "gantt": bool(slotted), "used": bool(slotted), "precision": bool(layers), "power": bool(slotted and joules),
            "roofline": "pipeline" not in r and any(l["on_array"] for l in layers)}


def check(name, width, page, dom, reports):
    d, all = Dom(load(dom)), [json.loads(load(report)) for report in reports]
    r, one = all[0], len(all) == 1 and isinstance(all[0], dict)
    known = {f.__name__: f for f in (path, waits, what_if, layer_energy, part_energy, used, gantt, power, roofline, precision)}
    if d.html.get("data-drawn") != str(len(d.charts)) or not d.charts:
        say("%s of %d charts are drawn: %s" % (d.html.get("data-drawn", "none"), len(d.charts), d.html.get("data-failed", "")))
    if not one:
        (swept if isinstance(r, list) else compared)(d, r if isinstance(r, list) else all)
    for id, there in must_be(r).items() if one else ():
        if there != (id in d.charts):
            say("%s: %s" % (id, "there is no such chart" if there else "a chart without data"))
    for id, c in d.charts.items():
        drawn(id, c, width)
        if not one:
            continue
        if id in known:
            known[id](r, c)
        elif id.startswith("figure_"):
            figure(r, c, id[7:])
        else:
            say("%s: nobody checks this chart" % id)
    size, ms = os.path.getsize(page), int(d.html.get("data-ms", 10 ** 9))
    if size > MOST_BYTES or ms > MOST_MS:
        say("%d bytes and %d ms; at most %d and %d" % (size, ms, MOST_BYTES, MOST_MS))
    if not wrong:
        print("%-18s %2d charts, %5d marks, %4d kB, drawn after %4d ms" % (name, len(d.charts), sum(len(c["labels"]) for c in d.charts.values()), size / 1000, ms))


if sys.argv[1] == "--still":
    name = "still"
    still(*sys.argv[2:])
else:
    name = sys.argv[1]
    check(name, int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:])
for text in wrong[:20]:
    print("FAILED: %s: %s" % (name, text))
sys.exit(bool(wrong))
