// Wakes the GOV.UK Frontend components that need a script (show password, error summary focus, double-click guard).
// Loaded as a module, so browsers too old for it get the plain page, which does everything. The address of the
// components comes from the page, where it carries the version of the file.
const { initAll } = await import(document.getElementById("start").dataset.components);

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
