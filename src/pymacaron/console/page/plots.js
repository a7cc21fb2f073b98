// Times and plots: classes of times become percentiles, histograms and lines.

import { clock, count, h, ms, svg } from "./dom.js";

const LEAST = 1 / 16; // milliseconds: where the second class begins; see latency.py
const FINE = 4;

export const lower = (at) => (at === 0 ? 0 : LEAST * 2 ** (at / FINE));
const upper = (at) => LEAST * 2 ** ((at + 1) / FINE);

/** The time that a share of calls does not exceed, from pairs of class and count. */
export function percentile(classes, share) {
  const total = classes.reduce((sum, [, number]) => sum + number, 0);
  if (!total) return null;
  let left = share * total;
  for (const [at, number] of classes) {
    if (left <= number) return lower(at) + (upper(at) - lower(at)) * (left / number);
    left -= number;
  }
  return upper(classes.at(-1)[0]);
}

export function mergeClasses(one, other) {
  const all = new Map(one);
  for (const [at, number] of other) all.set(at, (all.get(at) ?? 0) + number);
  return [...all].sort((a, b) => a[0] - b[0]);
}

/** How times are spread, on a scale from 0.1 ms to 10 s, in which they double from line to line. */
export function histogram(classes, width = 180, height = 26) {
  const first = 3, last = 69;
  const columns = new Map();
  for (const [at, number] of classes) {
    const column = Math.min(last, Math.max(first, at));
    columns.set(column, (columns.get(column) ?? 0) + number);
  }
  const most = Math.max(...columns.values(), 1);
  const step = width / (last - first + 1);
  const bars = [...columns].map(([at, number]) => {
    const tall = Math.max(1.5, (number / most) * (height - 3));
    const title = svg("title", {}, `${count(number)} up to ${ms(upper(at))}`);
    return svg("rect", { x: (at - first) * step, y: height - 1 - tall, width: Math.max(1, step - 0.6), height: tall, rx: 0.6 }, title);
  });
  const ticks = [1, 10, 100, 1000].map((value) => {
    const x = (Math.log2(value / LEAST) * FINE - first) * step;
    return svg("line", { x1: x, x2: x, y1: 0, y2: height - 1, class: "tick" });
  });
  const base = svg("line", { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5, class: "base" });
  const label = `half of them took up to ${ms(percentile(classes, 0.5))}`;
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, class: "histogram", role: "img", "aria-label": label }, ticks, bars, base);
}

/** The points of several processes as one line of time. */
export function mergedCourse(courses) {
  const all = new Map();
  for (const point of courses.flat()) {
    const before = all.get(point.at);
    all.set(point.at, before ? {
      at: point.at, count: before.count + point.count, failed: before.failed + point.failed,
      refused: before.refused + point.refused, slowest: Math.max(before.slowest, point.slowest),
      classes: mergeClasses(before.classes, point.classes),
    } : point);
  }
  return [...all.values()].sort((a, b) => a.at - b.at);
}

const LEAST_SPAN = 180, SPAN = 600; // seconds that are shown

function times(points, now, slot) {
  const end = Math.floor(now / slot) * slot + slot;
  const first = points.find((point) => point.at >= end - SPAN)?.at ?? end;
  const begin = Math.max(end - SPAN, Math.min(end - LEAST_SPAN, first));
  return { begin, end, span: end - begin };
}

/** Calls over time: a bar for every few seconds, what was refused and what failed on top of it. */
export function course(points, { now, slot = 5, height = 36 }) {
  const { begin, span } = times(points, now, slot);
  const width = (span / slot) * 10;
  const most = Math.max(4, ...points.map((point) => point.count));
  const bars = points.filter((point) => point.at >= begin).map((point) => {
    const x = ((point.at - begin) / slot) * 10;
    let y = height;
    const piece = (number, name) => {
      if (!number) return null;
      const tall = Math.max(1, (number / most) * (height - 2));
      y -= tall;
      return svg("rect", { x: x + 1, y, width: 8, height: tall, class: name });
    };
    const p95 = percentile(point.classes, 0.95);
    const title = svg("title", {}, `${clock(point.at)}: ${point.count} calls, ${point.refused} refused, ${point.failed} failed, 95 % within ${ms(p95)}`);
    return svg("g", {}, title, piece(point.count - point.refused - point.failed, "good"), piece(point.refused, "warn"), piece(point.failed, "bad"));
  });
  return svg("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", height, class: "course", "aria-hidden": "true" }, bars,
    svg("line", { x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5, class: "base" }));
}

/** Half of the calls, and 95 of 100, over time, on a scale of times that double. */
export function lines(points, { now, slot = 5, width = 1200 }) {
  const height = 150, left = 56;
  const { begin, end, span } = times(points, now, slot);
  const seen = points.filter((point) => point.at >= begin && point.count);
  const values = seen.flatMap((point) => [percentile(point.classes, 0.5), percentile(point.classes, 0.95)]);
  const top = 10 ** Math.ceil(Math.log10(Math.max(1, ...values) * 1.05)), bottom = 10 ** Math.floor(Math.log10(Math.min(0.99, ...values)));
  const x = (at) => left + ((at - begin + slot / 2) / span) * (width - left);
  const y = (value) => 6 + (height - 24) * (1 - Math.log(Math.max(value, bottom) / bottom) / Math.log(top / bottom));
  const grid = [];
  for (let value = bottom; value <= top * 1.001; value *= 10) {
    grid.push(svg("line", { x1: left, x2: width, y1: y(value), y2: y(value), class: "tick" }),
      svg("text", { x: left - 8, y: y(value) + 4, "text-anchor": "end" }, value >= 1000 ? `${value / 1000} s` : `${Number(value.toPrecision(1))} ms`));
  }
  const step = (span > 300 ? 120 : 60) * (width < 500 ? 2 : 1);
  for (let at = Math.ceil((begin + 3) / step) * step; at < end - 2; at += step) {
    const time = clock(at).slice(0, 5);
    grid.push(svg("text", { x: x(at - slot / 2), y: height - 2, "text-anchor": "middle" }, time));
  }
  const path = (share) => seen.map((point, at) => {
    const gap = at === 0 || point.at - seen[at - 1].at > 3 * slot;
    return `${gap ? "M" : "L"}${x(point.at).toFixed(1)} ${y(percentile(point.classes, share)).toFixed(1)}`;
  }).join("");
  const dots = seen.map((point) => svg("circle", { cx: x(point.at), cy: y(percentile(point.classes, 0.95)), r: 2, class: "p95" }, svg("title", {}, `95 % within ${ms(percentile(point.classes, 0.95))}`)));
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "lines", role: "img", "aria-label": "Times of calls in the last ten minutes" },
    grid, svg("path", { d: path(0.5), class: "p50" }), svg("path", { d: path(0.95), class: "p95" }), dots);
  const legend = h("figcaption", {}, h("span", { class: "key p50" }, "half of the calls"), h("span", { class: "key p95" }, "95 of 100"), " within, in the last ten minutes, each 5 seconds");
  return h("figure", { class: "wide" }, picture, legend);
}
