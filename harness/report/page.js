/*
 * Draws the page from its data. Asks nobody for anything. What the data says
 * is put in as text; only the parts of pictures are elements, which lastack
 * made and escaped.
 */
"use strict";
const D = JSON.parse(document.getElementById("data").textContent);
const SIGN = { "ok": "\u2713", "deviates": "\u2260", "not ok": "\u2717",
	"skip": "\u2013", "broken": "!" };
const WORST = ["broken", "not ok", "deviates", "ok", "skip"];
const ROWS = 100; /* of the list, before more are asked for */
const ROUNDS = 3; /* of a case, before they are counted */
const WRONG = 30; /* of what is wrong, above the list of all */
const $ = (id) => document.getElementById(id);

/* el("td", { class: "n" }, "text", element, ...) */
function el(name, attributes, ...inside) {
	const e = document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {})) {
		if (key.startsWith("on"))
			e.addEventListener(key.slice(2), value);
		else if (value !== null && value !== false)
			e.setAttribute(key, value);
	}
	e.append(...inside);
	return e;
}
const looks = (verdict) => "v " + verdict.replace(" ", "-");
const badge = (verdict) =>
	el("span", { class: looks(verdict) }, `${SIGN[verdict]} ${verdict}`);
const worst = (all) => WORST.find((v) => all.some((r) => r.verdict === v));
const table = (head, rows) => [
	el("thead", {}, el("tr", {}, ...head.map((h) =>
		el("th", { scope: "col" }, h)))),
	el("tbody", {}, ...rows)];

/* The data, made whole. Stacks are told where one is not the kernel's. */
const stacks = () => Object.entries(D.run.stacks || {}).filter(([, s]) => s);
const others = stacks().some(([, s]) => s.name !== "kernel")
	? " " + stacks().map(([, s]) => s.name).join("-") : "";
const requirements = new Map(D.requirements.map(
	([id, level, source, section, sentence, run]) =>
		[id, { id, level, source, section, sentence, run, cases: 0 }]));
const cases = D.cases.map(([name, title, spec, path, text]) => {
	const [grid, state, event] = name.split("/");
	const c = { name, title, path: path || name, text, results: [],
		spec: spec.map((i) => D.ids[i]),
		folder: name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "." };
	if (grid === "grid" && event) {
		Object.assign(c, { state, event, folder: `grid/${state}` });
	}
	for (const id of c.spec)
		if (requirements.has(id))
			requirements.get(id).cases++;
	return c;
});
const results = D.results.map(([c, verdict, where, round, us, ladder, times,
	seen, place, more]) => {
	const r = { case: cases[c], verdict: D.verdicts[verdict],
		where: D.wheres[where] + others, round, us, ladder, times, place,
		seen: new Set(seen < 0 ? [] : D.seen[seen].split(" ")),
		more: more < 0 ? {} : D.more[more] };
	const found = r.more.finding || {};
	const told = (r.more.deviations || []).map((d) => `${d.id} ${d.text}`);
	r.words = [r.case.name, r.case.title, r.case.spec.join(" "), r.where,
		r.more.reason || "", found.what || "", found.expected || "",
		found.actual || "", ...told].join("\n").toLowerCase();
	r.ids = new Set([...r.case.spec,
		...(r.more.deviations || []).map((d) => d.id),
		...(r.more.judge || []).map((j) => j.id)]);
	r.case.results.push(r);
	return r;
});
cases.forEach((c) => { c.rank = c.folder.startsWith("grid/") ? 1 : 0; });
const sorted = [...cases].sort((a, b) => a.rank - b.rank ||
	(a.folder < b.folder ? -1 : a.folder > b.folder ? 1 : a.name < b.name ? -1 : 1));

/* The filter, which is the part of the address behind #. */
let filter = {};
let shown = ROWS;

function read_address() {
	const at = new URLSearchParams(location.hash.slice(1));
	filter = { q: at.get("q") || "", req: at.get("req") || "",
		state: at.get("state") || "", event: at.get("event") || "",
		where: at.get("where") || "",
		verdict: new Set((at.get("verdict") || "").split(",").filter(Boolean)),
		case: at.get("case") || "", on: at.get("on") || "" };
}
function address(change) {
	const f = { ...filter, ...change };
	const at = new URLSearchParams();
	for (const key of ["q", "req", "state", "event", "where", "case", "on"])
		if (f[key])
			at.set(key, f[key]);
	if (f.verdict.size)
		at.set("verdict", [...f.verdict].join(","));
	return "#" + at;
}
const on = (r) => r.round > 1 ? `${r.where} ${r.round}` : r.where;
const link_to = (r) => address({ case: r.case.name, on: on(r) });

const has_state = (r, state) => r.case.state
	? r.case.state === state || r.case.state.startsWith(state + ".")
	: r.seen.has(state);
const has_event = (r, event) =>
	r.case.event ? r.case.event === event : r.seen.has(event);
function matches(r, words) {
	return (!filter.verdict.size || filter.verdict.has(r.verdict)) &&
		(!filter.where || r.where === filter.where) &&
		(!filter.state || has_state(r, filter.state)) &&
		(!filter.event || has_event(r, filter.event)) &&
		(!filter.req || r.ids.has(filter.req)) &&
		words.every((w) => r.words.includes(w));
}

function draw_list() {
	const wheres = [...new Set(results.map((r) => r.where))];
	const rows = [];
	let folder = null, n = 0, left = 0;
	for (const c of sorted) {
		if (!c.results.some((r) => r.is_found))
			continue;
		if (n === shown) {
			left++;
			continue;
		}
		n++;
		if (c.folder !== folder) {
			folder = c.folder;
			rows.push(el("tr", { class: "folder" }, el("th", {
				colspan: wheres.length + 1, scope: "rowgroup" }, folder)));
		}
		rows.push(el("tr", {}, el("th", { scope: "row" },
			el("span", { class: "name" }, c.name),
			el("span", { class: "title dim" }, ` ${c.title}`)),
		...wheres.map((where) => draw_results(c, where))));
	}
	$("list").replaceChildren(...table(["Case", ...wheres], rows));
	$("more").hidden = !left;
	$("more").textContent = `Show all ${left} more`;
}
/* Each result; of many rounds each verdict, and how often. */
function draw_results(c, where) {
	const here = c.results.filter((r) => r.where === where);
	const each = here.length <= ROUNDS ? here
		: WORST.map((v) => here.find((r) => r.verdict === v)).filter(Boolean);
	return el("td", {}, ...each.map((r) => {
		const same = here.filter((s) => s.verdict === r.verdict).length;
		return el("a", { href: link_to(r),
			class: looks(r.verdict) + (r.is_found ? "" : " off") },
		`${SIGN[r.verdict]} ${r.verdict}` +
			(here.length > ROUNDS ? ` ${same}\u00d7` : ""));
	}));
}

/* Each once, in the order of those known; others last. */
function in_order(all, known) {
	const at = new Map(known.map((name, i) => [name, i]));
	const rank = (name) => at.has(name) ? at.get(name) : known.length;
	return [...new Set(all)].sort((a, b) => rank(a) - rank(b) ||
		(a < b ? -1 : 1));
}

/* One button for each cell that there is, by "state/event". */
const cells = new Map();
function build_grid() {
	const of_grid = results.filter((r) => r.case.state);
	const states = in_order(of_grid.map((r) => r.case.state), D.states);
	const events = in_order(of_grid.map((r) => r.case.event), D.events);
	if (!of_grid.length)
		return;
	for (const r of of_grid) {
		const key = `${r.case.state}/${r.case.event}`;
		if (!cells.has(key))
			cells.set(key, { results: [], key, button: el("button",
				{ type: "button", tabindex: -1,
					onclick: () => open_cell(key) }) });
		cells.get(key).results.push(r);
	}
	const rows = events.map((event) => el("tr", {},
		el("th", { scope: "row" }, event), ...states.map((state) => {
			const cell = cells.get(`${state}/${event}`);
			return cell ? el("td", {}, cell.button) : el("td", {});
		})));
	const body = document.querySelector("#grid table");
	body.append(...table(["event", ...states], rows));
	body.addEventListener("keydown", move_in_grid);
}
function open_cell(key) {
	const all = cells.get(key).results;
	const found = all.filter((r) => r.is_found);
	const from = found.length ? found : all;
	location.hash = link_to(from.find((r) => r.verdict === worst(from)));
}
function move_in_grid(e) {
	const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
		ArrowDown: [0, 1] }[e.key];
	let td = e.target.closest("td");
	if (!step || !td)
		return;
	e.preventDefault();
	for (let i = td.cellIndex, tr = td.parentElement; tr;) {
		i += step[0];
		tr = step[1] > 0 ? tr.nextElementSibling
			: step[1] < 0 ? tr.previousElementSibling : tr;
		td = tr && tr.cells[i];
		if (tr && (!td || td.tagName !== "TD"))
			return;
		if (tr && !tr.hidden && td.firstChild) {
			e.target.tabIndex = -1;
			td.firstChild.tabIndex = 0;
			td.firstChild.focus();
			return;
		}
	}
}
function draw_grid() {
	for (const cell of cells.values()) {
		const found = cell.results.filter((r) => r.is_found);
		const verdict = worst(found.length ? found : cell.results);
		const now = verdict + found.length;
		if (cell.now === now)
			continue;
		cell.now = now;
		cell.button.className = looks(verdict) + (found.length ? "" : " off");
		cell.button.textContent = SIGN[verdict];
		cell.button.title = `${cell.key}: ${verdict}, ` +
			`${found.length} of ${cell.results.length} results`;
		cell.button.setAttribute("aria-label", cell.button.title);
	}
	for (const tr of document.querySelectorAll("#grid tbody tr"))
		tr.hidden = !tr.querySelector("button:not(.off)");
	const first = document.querySelector("#grid tr:not([hidden]) button");
	document.querySelectorAll("#grid button[tabindex='0']")
		.forEach((b) => { b.tabIndex = -1; });
	if (first)
		first.tabIndex = 0;
	$("grid").hidden = !first;
}

function draw_counts() {
	$("counts").replaceChildren(...D.verdicts.map((v) => {
		const n = results.filter((r) => r.verdict === v).length;
		return el("button", { type: "button", class: looks(v),
			"aria-pressed": String(filter.verdict.has(v)),
			onclick: () => press(v) }, `${SIGN[v]} ${n} ${v}`);
	}));
}
function press(verdict) {
	if (!filter.verdict.delete(verdict))
		filter.verdict.add(verdict);
	changed();
}

function draw_wrong() {
	const wrong = results.filter((r) =>
		r.verdict === "not ok" || r.verdict === "broken");
	$("wrong").hidden = !wrong.length;
	document.querySelector("#wrong table").replaceChildren(...table(
		["Case", "Verdict", "What", "Expected", "Actual"],
		wrong.slice(0, WRONG).map((r) => {
			const f = r.more.finding || {};
			return el("tr", {}, el("th", { scope: "row" },
				el("a", { href: link_to(r), class: "name" },
					`${r.case.name} ${on(r)}`)),
			el("td", {}, badge(r.verdict)),
			el("td", {}, f.what || r.more.reason || ""),
			el("td", {}, f.expected || ""), el("td", {}, f.actual || ""));
		})));
	if (wrong.length > WRONG)
		document.querySelector("#wrong tbody").append(el("tr", {}, el("td",
			{ colspan: 5 }, `and ${wrong.length - WRONG} more, below`)));
}
function draw_deviations() {
	const by = new Map();
	for (const r of results)
		for (const d of r.more.deviations || []) {
			const key = `${d.id}\n${d.text}`;
			if (!by.has(key))
				by.set(key, { ...d, results: [] });
			by.get(key).results.push(r);
		}
	const all = [...by.values()].sort((a, b) =>
		b.results.length - a.results.length);
	$("deviations").hidden = !all.length;
	document.querySelector("#deviations table").replaceChildren(...table(
		["Requirement", "What the stack does", "Results"],
		all.map((d) => el("tr", {}, el("th", { scope: "row" },
			requirement_link(d.id)), el("td", {}, d.text),
		el("td", { class: "n" }, el("a", { href: link_to(d.results[0]) },
			String(d.results.length)))))));
}
const requirement_link = (id) => el("a", { class: "name",
	href: `#req=${encodeURIComponent(id)}` }, id);
const RUN = { held: "\u2713 held", deviating: "\u2717 deviating",
	"not exercised": "\u2013 not exercised" };
function draw_coverage() {
	const by = new Map();
	const [sums, each] = document.querySelectorAll("#coverage table");
	for (const q of requirements.values()) {
		const key = `${q.source}\t${q.level}`;
		if (!by.has(key))
			by.set(key, { held: 0, deviating: 0, "not exercised": 0 });
		by.get(key)[q.run]++;
	}
	$("coverage").hidden = !by.size;
	sums.replaceChildren(...table(["Source", "Level", ...Object.values(RUN)],
		[...by].map(([key, n]) => el("tr", {},
			...key.split("\t").map((t) => el("td", {}, t)),
			...Object.keys(RUN).map((k) =>
				el("td", { class: "n" }, String(n[k])))))));
	document.querySelector("#coverage details").addEventListener("toggle", () => {
		if (each.firstChild)
			return;
		each.append(...table(
			["Requirement", "Level", "Section", "Sentence", "In this run", "Cases"],
			[...requirements.values()].map((q) => el("tr", {},
				el("th", { scope: "row" }, requirement_link(q.id)),
				el("td", {}, q.level), el("td", {}, `${q.source} ${q.section}`),
				el("td", {}, q.sentence), el("td", {}, RUN[q.run]),
				el("td", { class: "n" }, String(q.cases))))));
	});
}

/* The picture as show --svg draws it, its rows put together. */
function draw_ladder(r) {
	const sequence = D.ladders[r.ladder];
	const rows = [];
	let us = 0, time = 0;
	for (let i = 0; i < sequence.length; i += 2) {
		const [has_time, ...parts] = D.rows[sequence[i]];
		let row = parts.map((p) => D.parts[p]).join("");
		if (has_time) {
			us += r.times[time++];
			row += `${D.svg.time}${(us / 1e6).toFixed(6)}</text>`;
		}
		if (sequence[i + 1])
			row += `${D.svg.frame}${sequence[i + 1]}</text>`;
		rows.push(`<g transform="translate(0,${D.svg.top +
			rows.length * D.svg.row})">${row}</g>`);
	}
	const ladder = el("div", { class: "ladder", tabindex: 0, role: "group",
		"aria-label": "the ladder" });
	const height = rows.length * D.svg.row + 2 * D.svg.top;
	ladder.innerHTML = D.svg.begin + rows.join("") + D.svg.end;
	const svg = ladder.firstChild;
	svg.setAttribute("height", height);
	svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${height}`);
	svg.querySelector("title").textContent =
		`Ladder of ${r.case.name} ${on(r)}; its lines follow as text`;
	const lines = [...svg.querySelectorAll("g")].map((g) => el("li", {},
		[...g.querySelectorAll("text")].map((t) => t.textContent).join("  ")));
	return [ladder, el("details", {}, el("summary", {}, "The ladder as text"),
		el("ol", { class: "lines" }, ...lines))];
}

const quote = (word) =>
	/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
function again(r) {
	const [link, family, version] = r.where.split(" ");
	const guest = (D.run.guests || []).find((g) => g.version === version);
	if (link === "-")
		return `lastack replay ${quote(capture_of(r) || r.case.path)}`;
	return `lastack run ${quote(r.case.path)} -${family === "ipv6" ? 6 : 4}` +
		` --link ${link}` + (guest ? ` --vm ${quote(guest.as)}` : "") +
		(D.run.bug ? ` --bug ${quote(D.run.bug)}` : "") +
		stacks().filter(([, s]) => s.name !== "kernel").map(([side, s]) =>
			` --${side.toLowerCase()} ${quote(s.as)}`).join("");
}
function capture_of(r) {
	if (r.place < 0)
		return "";
	const [before, behind] = D.places[r.place].split("\t");
	return behind === undefined ? before : before + r.case.name + behind;
}
function draw_requirement(id) {
	const q = requirements.get(id);
	return [el("dt", {}, requirement_link(id), q ? ` ${q.level}, ` +
		`${q.source} ${q.section}` : ""),
	el("dd", {}, q ? q.sentence : "")];
}
function draw_findings(r) {
	const f = r.more.finding, told = [];
	if (r.more.reason)
		told.push(el("p", {}, r.more.reason));
	if (f)
		told.push(el("p", {}, el("strong", {}, `${f.what} (line ${f.line})`)),
			el("table", { class: "beside" }, ...table(["Expected", "Actual"],
				[el("tr", {}, el("td", {}, el("code", {}, f.expected || "")),
					el("td", {}, el("code", {}, f.actual || "")))])));
	for (const d of r.more.deviations || [])
		told.push(el("p", {}, "\u2260 ", requirement_link(d.id), `: ${d.text}`));
	for (const j of r.more.judge || [])
		told.push(el("p", {}, `${j.severity} of ${j.side}: `,
			el("code", {}, j.rule), " (", requirement_link(j.id),
			`): expected ${j.expected}, actual ${j.actual}` +
			(j.declared ? "; the case declares it" : "")));
	return told.length ? told : [el("p", {}, "As the case says.")];
}
function draw_text(r) {
	if (!r.case.text)
		return [el("p", { class: "dim" }, "The case's file was not at hand.")];
	const line = (r.more.finding || {}).line;
	return [el("ol", { class: "lines" }, ...r.case.text.map((t, i) => {
		const text = D.lines[t];
		return el("li", {}, i + 1 === line ? el("mark", {}, text) : text);
	}))];
}
const below_folder = (c) => c.name.startsWith(c.folder + "/")
	? c.name.slice(c.folder.length + 1) : c.name;
function draw_siblings(r) {
	const all = r.case.state ? cells.get(`${r.case.state}/${r.case.event}`).results
		: r.case.results;
	const links = all.filter((s) => s !== r).flatMap((s) => [
		el("a", { class: looks(s.verdict), href: link_to(s) },
			`${SIGN[s.verdict]} ${below_folder(s.case)} ${on(s)}`), " "]);
	return links.length ? [el("h3", {}, "Beside it"), el("p", {}, ...links)] : [];
}

let came_from = null;
function draw_panel() {
	const all = results.filter((s) => s.case.name === filter.case &&
		(!filter.on || on(s) === filter.on));
	const r = all.find((s) => s.verdict === worst(all));
	const was_open = !$("panel").hidden;
	$("panel").hidden = !r;
	if (!r) {
		if (was_open && came_from && came_from.isConnected)
			came_from.focus();
		return;
	}
	if (!was_open)
		came_from = document.activeElement;
	const capture = capture_of(r);
	$("panel-h").textContent = r.case.title || r.case.name;
	$("panel-body").replaceChildren(
		el("p", {}, badge(r.verdict), " ", el("span", { class: "name" },
			r.case.name), ` ${on(r)}, ${(r.us / 1e6).toFixed(3)} s`),
		...draw_findings(r), el("h3", {}, "Ladder"),
		...(r.ladder < 0 ? [el("p", { class: "dim" }, "There is none.")]
			: draw_ladder(r)),
		el("h3", {}, "Again"), el("pre", {}, again(r)),
		el("p", {}, capture ? el("a", { href:
			capture.split("/").map(encodeURIComponent).join("/") },
			"The capture, for Wireshark") : "There is no capture."),
		el("h3", {}, "Requirements"),
		el("dl", {}, ...r.case.spec.flatMap(draw_requirement)),
		el("h3", {}, "Case"), el("p", { class: "name" }, r.case.path),
		...draw_text(r), ...draw_siblings(r));
	$("panel").scrollTop = 0;
	$("panel-h").focus({ preventScroll: true });
}

function draw() {
	const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
	let n = 0;
	for (const r of results)
		n += r.is_found = matches(r, words);
	$("found").textContent = `${n} of ${results.length} results`;
	draw_counts();
	draw_grid();
	draw_list();
}
/* The filter was changed on the page: the address follows. */
function changed() {
	shown = ROWS;
	history.replaceState(null, "", address({}));
	draw();
}
/* The address was changed: the page follows. */
let drawn = null;
function go() {
	read_address();
	for (const key of ["q", "req", "state", "event", "where"])
		$(key).value = filter[key];
	const now = address({ case: "", on: "" });
	if (drawn !== now)
		shown = ROWS;
	drawn = now;
	draw();
	draw_wrong();
	draw_deviations();
	draw_panel();
	for (const part of document.querySelectorAll("#parts button"))
		part.hidden = $(part.dataset.of).hidden;
}
function choices(id, all) {
	$(id).append(el("option", { value: "" }, "any"),
		...[...all].sort().map((one) => el("option", {}, one)));
}

function begin() {
	const run = D.run;
	const states = new Set(), events = new Set();
	const is_state = /^[A-Z]/;
	for (const r of results) {
		if (r.case.state)
			states.add(r.case.state).add(r.case.state.split(".")[0]);
		if (r.case.event)
			events.add(r.case.event);
		r.seen.forEach((s) => (is_state.test(s) ? states : events).add(s));
	}
	choices("state", states);
	choices("event", events);
	choices("where", new Set(results.map((r) => r.where)));
	$("reqs").append(...[...new Set(results.flatMap((r) => [...r.ids]))].sort()
		.map((id) => el("option", { value: id })));
	const bad = results.filter((r) => WORST.indexOf(r.verdict) < 2).length;
	document.title = $("heading").textContent = run.fault
		? "lastack: nothing could be run" : bad
			? `lastack: ${bad} of ${results.length} not as they should be`
			: `lastack: ${results.length} results, none wrong`;
	$("about").textContent = [run.fault || "", `lastack ${run.lastack}`,
		run.kernel, run.machine,
		...stacks().map(([side, s]) => `${side} ${s.name} ${s.version || ""}`),
		run.started, `${(run.duration_s || 0).toFixed(1)} s`,
		run.bug ? `bug ${run.bug}` : "", run.summary && run.summary.not_run
			? `${run.summary.not_run} not run` : "",
		run.left_out ? `${run.left_out} results that are ok are left out` : "",
		`lastack ${(run.command || []).join(" ")}`].filter(Boolean).join(" \u00b7 ");
	build_grid();
	draw_coverage();
	for (const key of ["q", "req", "state", "event", "where"])
		$(key).addEventListener("input", () => {
			filter[key] = $(key).value.trim();
			changed();
		});
	$("filter").addEventListener("submit", (e) => e.preventDefault());
	$("filter").addEventListener("reset", () => {
		location.hash = "";
		go();
	});
	$("more").addEventListener("click", () => {
		shown = Infinity;
		draw_list();
	});
	$("skip").addEventListener("click", (e) => {
		e.preventDefault();
		$("results").focus();
	});
	for (const h of document.querySelectorAll("main > section > h2"))
		$("parts").append(el("button", { type: "button",
			"data-of": h.parentElement.id, onclick: () => {
				h.parentElement.scrollIntoView();
				h.parentElement.querySelector("a, button").focus(
					{ preventScroll: true });
			} }, h.textContent), " ");
	$("close").addEventListener("click", close_panel);
	addEventListener("keydown", (e) => {
		if (e.key === "Escape" && !$("panel").hidden)
			close_panel();
	});
	addEventListener("hashchange", go);
	if (cases.length === 1 && !location.hash)
		history.replaceState(null, "", "#case=" +
			encodeURIComponent(cases[0].name));
	go();
}
function close_panel() {
	location.hash = address({ case: "", on: "" });
}
begin();
