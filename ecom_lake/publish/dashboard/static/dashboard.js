// The pages work without this script. It applies a filter as soon as it is changed, shows what changed since the previous
// release without leaving the page, copies the link to a chart, and saves a chart as a picture.
"use strict";
const form = document.querySelector("form.filters:not(.inline)");
if (form) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}

async function partOf(address, selector) {
  const page = new DOMParser().parseFromString(await (await fetch(address)).text(), "text/html");
  return page.querySelector(selector);
}

for (const link of document.querySelectorAll("a.changes")) {
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const part = await partOf(link.href, "#changes").catch(() => null);
    if (!part) return location.assign(link.href);
    part.removeAttribute("id");
    link.closest(".evidence").querySelector("pre").after(part);
    link.remove();
  });
}

for (const link of document.querySelectorAll(".tools a.link")) {
  link.addEventListener("click", async () => {
    await navigator.clipboard.writeText(link.href);
    link.textContent = "Copied";
  });
  const chart = link.closest("section:not(.cards)");
  if (!chart) continue;
  const button = Object.assign(document.createElement("button"), { textContent: "PNG", title: "The chart as a picture" });
  button.addEventListener("click", () => savePicture(chart, link.parentElement.dataset.file));
  link.before(button);
}

// A chart is HTML and SVG: a copy of it with the page's styles is drawn on a canvas at twice its size.
async function savePicture(chart, file) {
  const copy = chart.cloneNode(true);
  for (const control of copy.querySelectorAll(".tools, .evidence, details")) control.remove();
  const { width, height } = chart.getBoundingClientRect();
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const inside = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
  const style = document.createElement("style");
  const body = document.createElement("body");
  const origin = Object.assign(document.createElement("small"), { textContent: file.replaceAll("-", " ") });
  style.textContent = await (await fetch("/dashboard.css")).text();
  svg.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  if (document.documentElement.dataset.theme !== "auto") svg.dataset.theme = document.documentElement.dataset.theme;
  copy.append(origin, document.querySelector(".hatching").cloneNode(true));
  body.className = "picture";
  body.append(style, copy);
  inside.append(body);
  svg.append(inside);
  for (const [name, value] of Object.entries({ width, height: height + 8 })) {
    svg.setAttribute(name, value);
    inside.setAttribute(name, value);
  }
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * (height + 8) });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  Object.assign(document.createElement("a"), { href: canvas.toDataURL("image/png"), download: `${file}.png` }).click();
}
