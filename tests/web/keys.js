/* keys.js - presses keys on the first chart of a page, and says in data-keys whether the chart told of the right marks. */
"use strict";
addEventListener("load", () => setTimeout(() => {
    const plot = document.querySelector(".plot"), say = plot.parentElement.querySelector("[aria-live]"), wrong = [];
    const rows = JSON.parse(plot.parentElement.querySelector("script").textContent).rows;
    const press = key => { plot.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })); return say.textContent; };
    const expect = (what, got, wanted) => { if (got !== wanted) wrong.push(what + ": " + got + ", not " + wanted); };
    plot.focus();
    expect("focus", document.activeElement === plot, true);
    expect("right", press("ArrowRight"), rows[0].say);
    expect("down", press("ArrowDown"), rows[1].say);
    expect("left", press("ArrowLeft"), rows[0].say);
    expect("left at the first", press("ArrowLeft"), rows[0].say);
    expect("end", press("End"), rows[rows.length - 1].say);
    expect("right at the last", press("ArrowRight"), rows[rows.length - 1].say);
    expect("home", press("Home"), rows[0].say);
    expect("one is marked", plot.querySelectorAll(".on").length, 1);
    expect("escape", press("Escape"), "");
    plot.querySelectorAll(".role-mark.mark-rect [aria-label], .role-mark.mark-symbol [aria-label]")[1].dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
    expect("mouse", say.textContent, rows[1].say);
    const svg = plot.parentElement.querySelectorAll("button")[1];
    let saved = null;
    URL.createObjectURL = blob => { saved = blob; return "#"; };
    svg.click();
    expect("saved", saved && saved.type, "image/svg+xml");
    const pareto = document.querySelector("#chart_pareto"), selects = pareto ? pareto.querySelectorAll("select") : [];
    if (pareto) {                          /* the columns the other way round: the same points are not beaten */
        expect("selects", [...selects].map(s => s.value).join(), "images_per_s,larger is better,energy_j_an_image,smaller is better");
        [selects[0].value, selects[2].value] = ["energy_j_an_image", "images_per_s"];
        [selects[1].value, selects[3].value] = [selects[3].value, selects[1].value];
        selects[0].dispatchEvent(new Event("change"));
    }
    saved.text().then(text => {            /* a picture on its own: well-formed, with a size, a ground and the patterns that it fills with */
        const alone = new DOMParser().parseFromString(text, "image/svg+xml"), ids = [...text.matchAll(/url\(#([^)]*)\)/g)].map(m => m[1]);
        expect("well-formed", alone.querySelector("parsererror"), null);
        expect("size", Number(alone.documentElement.getAttribute("width")) > 300, true);
        expect("patterns", ids.filter(id => !alone.getElementById(id)).join(), "");
        expect("its own colours", /var\(|currentColor|class="[^"]*" style/.test(text), false);
        if (pareto) {
            const chart = JSON.parse(pareto.querySelector("script").textContent);
            const labels = [...pareto.querySelectorAll(".plot .mark-symbol.role-mark [aria-label]")].map(e => e.getAttribute("aria-label"));
            expect("points", labels.length, chart.rows.length);
            expect("as many are not beaten", labels.filter(l => l.endsWith(", not beaten")).length, chart.rows.filter(r => r.s === "not beaten").length);
            expect("the axes", labels[0].includes(", energy_j_an_image ") && labels[0].indexOf("energy_j_an_image") < labels[0].indexOf("images_per_s"), true);
        }
        document.documentElement.dataset.keys = wrong.length ? wrong.join("; ") : "ok";
    });
}, 0));
