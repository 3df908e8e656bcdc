// SPDX-License-Identifier: MIT
// Runs in a report's page, beside the run (#run) that it was made of: works out every figure again,
// and says in #verdict whether the page shows them all.
"use strict";

const median = (values) => {
	const sorted = [...values].sort((a, b) => a - b);
	const half = sorted.length >> 1;
	return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variation = (values) => {
	const middle = mean(values);
	const squares = values.map((value) => (value - middle) ** 2);
	return Math.sqrt(mean(squares) * values.length / (values.length - 1)) / middle;
};
const ratios = (a, b) => a.flatMap((x) => b.map((y) => x / y));

// Of each benchmark by its name: times per entry, entries, error.
function collect(run) {
	const results = new Map();
	for (const item of run.benchmarks.filter((any) => any.run_type === "iteration")) {
		const name = item.run_name.split("/").slice(0, 3).join("/");
		const result = results.get(name) ||
			{ns: [], scaling: [], entries: item.entries, threads: item.threads_together};
		if (item.error_occurred)
			result.error = item.error_message;
		else
			result.ns.push(item.real_time / item.ops / item.entries);
		result.scaling.push(item.scaling);
		results.set(name, result);
	}
	return results;
}

// The cells behind the names, of each row by its name.
function rows() {
	const found = new Map();
	for (const table of document.querySelectorAll("table.figures")) {
		for (const row of table.querySelectorAll("tbody tr")) {
			const [target, ...cells] = [...row.querySelectorAll("td")].map((td) => td.textContent);
			const workload = row.parentNode.querySelector("th").textContent;
			found.set([table.dataset.format, workload, target].join("/"), cells);
		}
	}
	return found;
}

// The cells behind the names, of each row of threads.
function threadRows() {
	const found = new Map();
	for (const row of document.querySelectorAll("table.threads tbody tr")) {
		const names = [...row.querySelectorAll("th, td.name")].map((cell) => cell.textContent);
		const cells = [...row.querySelectorAll("td:not(.name)")].map((cell) => cell.textContent);
		found.set(names.join("/"), cells);
	}
	return found;
}

addEventListener("DOMContentLoaded", () => {
	const run = JSON.parse(document.getElementById("run").textContent);
	const results = collect(run), shown = rows(), complaints = [];
	let checked = 0;

	const expect = (good, what) => good || complaints.push(what);
	const same = (text, value, digits, what) => {
		const step = Math.max(0.51 * 10 ** -digits, value > 1000 ? 0.51 : 0);
		checked++;
		expect(Math.abs(parseFloat(text.replace("*", "")) - value) <= step,
		       `${what}: "${text}", not ${value}`);
	};
	const interval = (value, between, of, what) => {
		const [low, high] = between.split("–").map(parseFloat);
		const near = (x) => of.some((ratio) => Math.abs(ratio - x) <= 0.0051);

		same(value, median(of), 2, what);
		if (between === "unknown")
			expect(of.length < 16, `${what}: no interval`);
		else
			expect(low <= high && near(low) && near(high) && parseFloat(value) >= low &&
			       parseFloat(value) <= high, `${what}: ${between}`);
	};

	for (const [name, result] of results) {
		const [format, workload] = name.split("/");
		const own = results.get(`${format}/${workload}/iomt`);
		const cells = shown.get(name);

		if (!cells || result.error) {
			expect(cells && cells[0] === `failed: ${result.error}`, `${name}: missing`);
			continue;
		}
		const [op, entry, spread, ratio, between, distance, within, limit] = cells;

		same(op, median(result.ns) * result.entries, 2, `${name}, per operation`);
		same(entry, median(result.ns), 3, `${name}, per entry`);
		if (result.ns.length > 1)
			same(spread, 100 * variation(result.ns), 1, `${name}, spread`);
		else
			expect(spread === "–", `${name}: a spread of one`);
		if (format === "machine")
			continue;
		if (own && own !== result && !own.error)
			interval(ratio, between, ratios(result.ns, own.ns), `${name}, ratio`);
		else
			expect(!ratio && !between, `${name}: a ratio to nothing`);
		const best = [...results].find(([other, {ns}]) => limit && other.startsWith("machine/") &&
			Math.abs(median(ns) - parseFloat(limit)) <= 0.0005);
		if (best)
			interval(distance, within, ratios(result.ns, best[1].ns), `${name}, distance`);
		else
			expect(!distance && !limit, `${name}: limited by nothing`);
		const fill = results.get("machine/read and fill 512/limit");
		expect(best || !fill || fill.error || !/^map \d+ granules$/.test(workload), `${name}: no limit`);
	}

	const together = threadRows();
	for (const [name, {ns, scaling, entries, threads, error}] of results) {
		const cells = together.get(name);

		if (!threads || error) {
			expect(!cells, `${name}: no threads`);
			continue;
		}
		const best = [...results].find(([other, result]) => other.startsWith("machine/") &&
			result.threads === threads);

		expect(cells, `${name}: not among the threads`);
		same(cells[0], 1e3 * threads / (median(ns) * entries), 1, `${name}, throughput`);
		interval(cells[1], cells[2], scaling, `${name}, scaling`);
		same(cells[3], 100 * median(scaling) / median(best[1].scaling), 0, `${name}, share`);
	}

	const facts = document.querySelector("#machine").textContent;
	for (const [name, value] of Object.entries(run.context)) {
		if (typeof value === "string" && !["host_name", "executable", "library_build_type"].includes(name))
			expect(value.trim().split("\n").every((line) => facts.includes(line)), `no ${name}`);
	}
	expect(!run.context.host_name || !facts.includes(run.context.host_name), "tells the host's name");
	expect(shown.size === results.size, `${shown.size} rows, ${results.size} results`);
	for (const element of document.querySelectorAll("[src], [href], [*|href]"))
		expect(/^#/.test(element.getAttribute("xlink:href") || element.getAttribute("href")),
		       `refers to ${element.outerHTML}`);
	expect(document.documentElement.scrollWidth <= innerWidth, "wider than the screen");
	const plots = [...document.querySelectorAll("figure svg")];
	expect(plots.length || /gnuplot was missing/.test(document.querySelector("#plots").textContent), "no plots");
	expect(plots.every((plot) => plot.getBoundingClientRect().height > 100), "an empty plot");

	const verdict = document.createElement("pre");
	verdict.id = "verdict";
	verdict.textContent = complaints.length ? `bad: ${complaints.join("\n")}` :
		`good: ${checked} figures of ${results.size} results, ${plots.length} plots`;
	document.body.append(verdict);
});
