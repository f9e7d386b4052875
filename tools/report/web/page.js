/* page.js - draws the charts of the page, leads through their marks by keys and mouse, and gives each away as SVG. */
"use strict";
(function () {

function make(tag, text, into) {
    const e = document.createElement(tag);
    e.textContent = text;
    into.append(e);
    return e;
}

/* The marks that say something, in the order of the table. */
const marks_of = plot => [...plot.querySelectorAll(".mark-rect.role-mark [aria-label], .mark-symbol.role-mark [aria-label]")];

function choose(f, mark) {
    for (const e of f.plot.querySelectorAll(".on"))
        e.classList.remove("on");
    if (mark)
        mark.classList.add("on");
    f.say.textContent = mark ? mark.getAttribute("aria-label") : "";
}

function step(f, event) {
    const all = marks_of(f.plot), at = all.findIndex(e => e.classList.contains("on"));
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at < 0 ? 0 : at - 1, ArrowUp: at < 0 ? 0 : at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape")
        choose(f, null);
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey)
        return;
    event.preventDefault();
    choose(f, all[Math.max(0, Math.min(all.length - 1, to))]);
}

function save(f) {
    const a = make("a", "", document.body);
    a.href = URL.createObjectURL(new Blob([f.svg], { type: "image/svg+xml" }));
    a.download = f.chart.id + ".svg";
    a.click();
    a.remove();
    setTimeout(() => URL.revokeObjectURL(a.href), 1000);
}

function copy(f) {
    const told = ok => { f.say.textContent = ok ? "copied as SVG" : "the browser does not let a page copy; use Save SVG"; };
    if (!navigator.clipboard)
        return told(false);
    navigator.clipboard.writeText(f.svg).then(() => told(true), () => told(false));
}

function fit(f) {
    const width = Math.max(300, Math.floor(f.plot.clientWidth));
    if (Math.abs(width - f.width) < 8)
        return Promise.resolve();
    f.width = width;
    return charts.draw(f.chart, width).then(svg => { f.svg = svg; f.plot.innerHTML = svg; });
}

function prepare(figure) {
    const f = { plot: figure.querySelector(".plot"), chart: JSON.parse(figure.querySelector("script").textContent), width: 0, svg: "" };
    const bar = document.createElement("div");
    bar.className = "bar";
    f.plot.after(bar);
    make("button", "Copy SVG", bar).addEventListener("click", () => copy(f));
    make("button", "Save SVG", bar).addEventListener("click", () => save(f));
    if (f.chart.columns && Object.keys(f.chart.columns).length > 1)
        offer(f, bar);
    f.say = make("span", "", bar);
    f.say.setAttribute("aria-live", "polite");
    f.plot.tabIndex = 0;
    f.plot.setAttribute("role", "group");
    f.plot.setAttribute("aria-label", f.chart.title + ", a chart; arrow keys tell of each mark, the table below has all");
    f.plot.addEventListener("keydown", e => step(f, e));
    f.plot.addEventListener("mouseover", e => { const m = e.target.closest("[aria-label]"); if (marks_of(f.plot).includes(m)) choose(f, m); });
    f.plot.addEventListener("mouseleave", () => choose(f, null));
    return f;
}

/* ---- of a sweep: any two columns ---- */

const short = v => Number(v.toPrecision(6)).toString();

/* Points of two columns, which no other one beats in both; goals: 1 larger is better, -1 smaller. */
function pareto(chart, names, x, y, goals) {
    const rows = chart.columns[x].map((v, i) => ({ name: names[i], x: v, y: chart.columns[y][i] })).filter(r => r.x !== null && r.y !== null);
    const beats = (a, b) => goals[0] * a.x >= goals[0] * b.x && goals[1] * a.y >= goals[1] * b.y && (a.x !== b.x || a.y !== b.y);
    for (const r of rows) {
        r.s = rows.some(o => beats(o, r)) ? "beaten" : "not beaten";
        r.say = `point ${r.name}, ${x} ${short(r.x)}, ${y} ${short(r.y)}, ${r.s}`;
    }
    const front = rows.filter(r => r.s === "not beaten").sort((a, b) => a.x - b.x || a.y - b.y).map(r => [r.x, r.y]);
    return { ...chart, x: { ...chart.x, title: x }, y: { ...chart.y, title: y }, rows, lines: { front } };
}

function chooser(label, options, chosen, into) {
    const l = make("label", label + " ", into), e = make("select", "", l);
    for (const o of options)
        make("option", o, e).selected = o === chosen;
    return e;
}

/* Two columns and what is better in each; the table below stays that of the page. */
function offer(f, bar) {
    const chart = f.chart, columns = Object.keys(chart.columns), better = ["larger is better", "smaller is better"];
    const at = (i, axis) => [chooser(axis, columns, chart[axis].title, bar), chooser("", better, better[chart.goals[i] > 0 ? 0 : 1], bar)];
    const [[x, sx], [y, sy]] = [at(0, "x"), at(1, "y")];
    const change = () => {
        f.chart = pareto(chart, chart.names, x.value, y.value, [sx, sy].map(s => s.value === better[0] ? 1 : -1));
        f.width = 0;
        fit(f);
    };
    for (const e of [x, sx, y, sy])
        e.addEventListener("change", change);
}

const all = [...document.querySelectorAll("figure.chart")].map(prepare);
let waiting = 0;
/* What it says of itself in the document is for tests. */
const draw = () => Promise.all(all.map(fit)).then(() => { document.documentElement.dataset.drawn = all.length; document.documentElement.dataset.ms = Math.round(performance.now()); },
                                                  e => { document.documentElement.dataset.failed = String(e); throw e; });
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(draw, 150); });
draw();
})();
