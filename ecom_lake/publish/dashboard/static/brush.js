// Drag over the months to choose a span; arrow keys move, Shift extends, Enter applies. Without this script a bar is a link.
"use strict";
const brush = document.querySelector(".brush svg");
if (brush) {
  const bars = [...brush.querySelectorAll("a")];
  let anchor = null;
  let end = null;
  let dragged = false;

  const mark = () => {
    const [first, last] = [Math.min(anchor, end), Math.max(anchor, end)];
    bars.forEach((bar, place) => bar.toggleAttribute("data-marked", first <= place && place <= last));
    brush.toggleAttribute("data-marking", true);
  };
  const apply = () => {
    const address = new URL(location);
    address.searchParams.set("from", bars[Math.min(anchor, end)].dataset.month);
    address.searchParams.set("to", bars[Math.max(anchor, end)].dataset.month);
    location.assign(address);
  };
  const placeOf = (event) => {
    const { left, width } = brush.getBoundingClientRect();
    return Math.max(0, Math.min(bars.length - 1, Math.floor(((event.clientX - left) / width) * bars.length)));
  };
  const focus = (place) => {
    bars.forEach((bar, other) => bar.setAttribute("tabindex", other === place ? 0 : -1));
    bars[place].focus();
  };

  const chosen = bars.findLastIndex((bar) => bar.hasAttribute("aria-current"));
  bars.forEach((bar, place) => bar.setAttribute("tabindex", place === Math.max(chosen, 0) ? 0 : -1));

  brush.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    anchor = end = placeOf(event);
    dragged = false;
  });
  addEventListener("pointermove", (event) => {
    if (anchor === null || !event.buttons) return;
    end = placeOf(event);
    dragged ||= end !== anchor;
    if (dragged) mark();
  });
  addEventListener("pointerup", () => {
    if (dragged) apply();
    else anchor = null;
  });
  brush.addEventListener("dragstart", (event) => event.preventDefault());
  brush.addEventListener("click", (event) => dragged && event.preventDefault());
  brush.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const here = bars.indexOf(event.target.closest("a"));
    if (step) {
      event.preventDefault();
      const next = Math.max(0, Math.min(bars.length - 1, here + step));
      anchor = event.shiftKey ? (anchor ?? here) : null;
      end = next;
      if (event.shiftKey) mark();
      else bars.forEach((bar) => bar.removeAttribute("data-marked"));
      if (!event.shiftKey) brush.removeAttribute("data-marking");
      focus(next);
    } else if (event.key === "Enter" && anchor !== null && anchor !== end) {
      event.preventDefault();
      apply();
    }
  });
}
