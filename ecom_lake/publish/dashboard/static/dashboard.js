// The pages work without this script. It applies a filter as soon as it is changed.
"use strict";
const form = document.querySelector("form.filters");
if (form) {
  form.querySelector("button").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
  form.addEventListener("submit", () => {
    for (const field of form.elements) if (field.name && !field.value) field.disabled = true;
  });
}
