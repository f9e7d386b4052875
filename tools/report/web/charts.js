/* charts.js - a chart of the page (tools/report/chart.h) as a specification of Vega. Numbers come ready: here are places, colours and patterns only. */
"use strict";
const charts = (function () {

/* Light grounds under dark marks: series differ without colour too. Words that have one meaning everywhere have one pattern everywhere. */
const hatches = ["", "M-2,2l4,-4M0,8l8,-8M6,10l4,-4", "M-2,6l4,4M0,0l8,8M6,-2l4,4", "M0,4h8", "M4,0v8", "M0,4h8M4,0v8", "M2,2h1v1h-1zM6,6h1v1h-1z",
                 "M0,0l8,8M8,0l-8,8", "M0,2h8M0,6h8", "M2,0v8M6,0v8"];
const grounds = ["#7fb3e6", "#f2b866", "#a5d6a7", "#e6a8c8", "#cfd6e0", "#f0e27a", "#b5a8e0", "#f09c8a", "#8fd3cf", "#d0b894"];
const words = { busy: 2, idle: 4, own: 5, waits: 7, starved: 1, before: 8, after: 3, rerun: 0 };

/* The order of first appearance; a word of meaning takes its own pattern, the others what is left. */
function series_of(rows) {
    const names = [...new Set(rows.map(r => r.s))], taken = new Set(names.filter(n => Object.hasOwn(words, n)).map(n => words[n]));
    const free = grounds.map((_, i) => i).filter(i => !taken.has(i));
    let next = 0;
    return names.map(name => ({ name, pattern: Object.hasOwn(words, name) ? words[name] : free.length ? free[next++ % free.length] : 0 }));
}

function pattern(id, k) {
    return `<pattern id="${id}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" fill="${grounds[k]}"/>` +
           `<path d="${hatches[k]}" stroke="#22303f" stroke-width="1" fill="none" opacity="0.75"/></pattern>`;
}

const dark = "#1d2430", font = "system-ui,sans-serif";
const config = { axis: { labelFontSize: 12, titleFontSize: 12, labelColor: dark, titleColor: dark, titleFontWeight: "normal", labelLimit: 190, gridColor: "#dfe4ea" },
                 legend: { labelFontSize: 12, labelColor: dark, labelLimit: 240, symbolSize: 180, symbolStrokeWidth: 1, symbolStrokeColor: dark }, text: { font: font, fontSize: 11, fill: dark },
                 style: { "guide-label": { font: font }, "guide-title": { font: font } } };

/* "0", not "0\u00b5", which d3 makes of a scale of microseconds. */
const zero = { labels: { update: { text: { signal: "datum.value === 0 ? '0' : datum.label" } } } };

function x_axis(c) {
    const a = { encode: zero, orient: "bottom", scale: "x", title: c.x.title || null, format: c.x.format || "~s", grid: true, labelOverlap: true, tickCount: { signal: "ceil(width / 90)" } };
    if (c.x.format === "d")
        a.tickMinStep = 1;
    if (c.x.names)
        Object.assign(a, { values: c.x.names.map((_, i) => i + 0.5), grid: false,
                           encode: { labels: { update: { text: { signal: JSON.stringify(c.x.names) + "[floor(datum.value)]" } } } } });
    return a;
}

function number_axis(c, name, values) {
    const least = Math.min(...values), most = Math.max(...values);
    if (c[name].log)
        return { name, type: "log", domain: [least, most], nice: true, range: name === "x" ? "width" : "height" };
    return { name, type: "linear", domain: [c.shape === "points" ? least : Math.min(0, least), most], nice: !c[name].names, zero: false, range: name === "x" ? "width" : "height" };
}

function legend_of(series, c) {
    return series.length > 1 || (series.length && series[0].name) ?
        [{ fill: "c", orient: "top", direction: "horizontal", symbolType: "square", columns: { signal: "max(1, floor(width / 130))" }, offset: 6 }] : [];
}

function fills(id, series) {
    return { name: "c", type: "ordinal", domain: series.map(s => s.name), range: series.map(s => `url(#${id}_${s.pattern})`) };
}

const rect = extra => ({ enter: { stroke: { value: "#22303f" }, strokeWidth: { value: 0.4 }, description: { field: "say" }, ...extra } });

/* Rows of bars, or of shaded cells. */
function bars(c, id, width) {
    const ys = [...new Set([...c.rows, ...c.bounds].map(r => r.y))], heat = c.shape === "heat", series = heat ? [] : series_of(c.rows);
    const xs = c.rows.flatMap(r => [r.x0, r.x]).concat(c.bounds.map(b => b.x)), band = { scale: "y", band: 1 };
    const place = { x: { scale: "x", field: "x0" }, x2: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, height: band };
    const scales = [number_axis(c, "x", xs), { name: "y", type: "band", domain: ys, range: "height", padding: heat ? 0.06 : 0.2 }];
    scales.push(heat ? { name: "c", type: "linear", domain: [0, 1], range: ["#ffffff", "#2f6fae"] } : fills(id, series));
    const marks = [{ type: "rect", from: { data: "rows" }, encode: rect({ ...place, fill: { scale: "c", field: heat ? "v" : "s" } }) }];
    if (heat)
        marks.push({ type: "text", from: { data: "rows" }, aria: false, encode: { enter: {
            x: { signal: "(scale('x', datum.x0) + scale('x', datum.x)) / 2" }, y: { scale: "y", field: "y", band: 0.5 }, align: { value: "center" }, baseline: { value: "middle" },
            text: { field: "label" }, fill: { signal: "datum.v > 0.55 ? '#ffffff' : '" + dark + "'" }, fontSize: { value: 10 },
            opacity: { signal: "scale('x', datum.x) - scale('x', datum.x0) < 19 ? 0 : 1" } } } });
    if (c.bounds.length)
        marks.push({ type: "rect", from: { data: "bounds" }, encode: { enter: { x: { scale: "x", field: "x", offset: -1.5 }, width: { value: 3 }, y: { scale: "y", field: "y", offset: -2 },
                     height: { scale: "y", band: 1, offset: 4 }, fill: { value: dark }, description: { field: "say" } } } });
    return { width, height: ys.length * 20 + 4, series, scales, marks, axes: [x_axis(c), { orient: "left", scale: "y", labelPadding: 6, ticks: false }],
             legends: heat ? [] : legend_of(series, c), data: [{ name: "rows", values: c.rows }, { name: "bounds", values: c.bounds }] };
}

function areas(c, id, width) {
    const series = series_of(c.rows), xs = c.rows.flatMap(r => [r.x0, r.x]), ys = c.rows.flatMap(r => [r.y0, r.y]);
    const marks = [{ type: "rect", from: { data: "rows" }, encode: rect({ x: { scale: "x", field: "x0" }, x2: { scale: "x", field: "x" }, y: { scale: "y", field: "y0" },
                     y2: { scale: "y", field: "y" }, fill: { scale: "c", field: "s" } }) }];
    const x = number_axis(c, "x", xs);
    return { width, height: 240, series, marks, scales: [{ ...x, domain: [Math.min(...xs), Math.max(...xs)], nice: false }, number_axis(c, "y", ys), fills(id, series)],
             axes: [x_axis(c), { orient: "left", scale: "y", title: c.y.title || null, format: "~s", grid: true, tickCount: 6, encode: zero }],
             legends: legend_of(series, c), data: [{ name: "rows", values: c.rows }] };
}

const symbols = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left"];
const dashes = [[], [6, 4], [2, 3], [8, 3, 2, 3]];

function points(c, id, width) {
    const names = [...new Set(c.rows.map(r => r.s))], lines = Object.keys(c.lines), ends = lines.flatMap(n => c.lines[n]);
    const flat = lines.flatMap((n, k) => c.lines[n].map(p => ({ line: n, x: p[0], y: p[1] })));
    const scale = { name: "s", type: "ordinal", domain: names, range: symbols };
    const marks = [{ type: "group", from: { facet: { name: "one", data: "lines", groupby: "line" } }, marks: [{ type: "line", from: { data: "one" }, encode: { enter: {
        x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, stroke: { value: dark }, strokeWidth: { value: 1.5 }, strokeDash: { scale: "d", field: "line" },
        description: { field: "line" } } } }] },
        { type: "symbol", name: "points", from: { data: "rows" }, encode: { enter: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, shape: { scale: "s", field: "s" }, size: { value: 70 },
          fill: { value: "#7fb3e6" }, stroke: { value: dark }, strokeWidth: { value: 1 }, description: { field: "say" } } } }];
    /* Names where they find room, those of points that stand out first. */
    if (c.rows.length <= 200)
        marks.push({ type: "text", from: { data: "points" }, aria: false,
                     encode: { enter: { text: { field: "datum.name" }, limit: { value: 150 }, zindex: { signal: "datum.datum.s === 'beaten' ? 0 : 1" } } },
                     transform: [{ type: "label", size: { signal: "[width, height]" }, anchor: ["top", "bottom", "right", "left", "top-left", "bottom-right"], offset: [3],
                                   sort: { field: "datum.s", order: "descending" } }] });
    const legends = [];
    if (names.length > 1 || (names.length && names[0]))
        legends.push({ shape: "s", orient: "top", direction: "horizontal", columns: { signal: "max(1, floor(width / 130))" }, symbolFillColor: "#7fb3e6" });
    if (lines.length)
        legends.push({ strokeDash: "d", orient: "top", direction: "horizontal", symbolType: "stroke", columns: { signal: "max(1, floor(width / 130))" } });
    return { width, height: 320, series: [], marks, legends,
             scales: [number_axis(c, "x", c.rows.map(r => r.x).concat(ends.map(p => p[0]))), number_axis(c, "y", c.rows.map(r => r.y).concat(ends.map(p => p[1]))), scale,
                      { name: "d", type: "ordinal", domain: lines, range: dashes }],
             axes: [x_axis(c), { orient: "left", scale: "y", title: c.y.title || null, format: c.y.format || "~s", grid: true, tickCount: 6, labelOverlap: true, encode: zero }],
             data: [{ name: "rows", values: c.rows }, { name: "lines", values: flat }] };
}

const shapes = { bars, heat: bars, areas, points };

/* A promise of the SVG, a text that needs nothing of the page. */
function draw(c, width) {
    const id = "p_" + c.id, { series, ...body } = shapes[c.shape](c, id, width);
    const spec = { $schema: "https://vega.github.io/schema/vega/v5.json", background: "#ffffff", padding: 5, autosize: { type: "fit-x", contains: "padding" },
                   description: c.title + ". " + c.about, config, ...body };
    const view = new vega.View(vega.parse(spec, null, { ast: true }), { expr: vega.expressionInterpreter, renderer: "none" });
    const defs = "<defs>" + [...new Set(series.map(s => s.pattern))].map(k => pattern(id + "_" + k, k)).join("") + "</defs>";
    /* A second pass, as the first one does not know yet how high the legend is. */
    return view.runAsync().then(() => view.resize().runAsync()).then(() => view.toSVG()).then(svg => { view.finalize(); return svg.replace(/>/, ">" + defs); });
}

return { draw };
})();
