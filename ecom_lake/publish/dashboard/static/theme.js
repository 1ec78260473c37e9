// The theme that this browser last chose, set before the page is drawn; without this script the system's theme is used.
"use strict";
const THEMES = ["auto", "light", "dark"];
const chosenTheme = () => (THEMES.includes(localStorage.theme) ? localStorage.theme : "auto");
document.documentElement.dataset.theme = chosenTheme();
document.addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector("button.theme");
  const show = () => {
    button.dataset.shows = chosenTheme();
    for (const name of ["title", "aria-label"]) button.setAttribute(name, `Theme: ${chosenTheme()}`);
  };
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    localStorage.theme = THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length];
    document.documentElement.dataset.theme = chosenTheme();
    show();
  });
});
