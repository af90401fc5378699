// Wakes the GOV.UK Frontend components that need a script (show password, error summary focus, file upload).
// Loaded as a module, so browsers too old for it get the plain page, which does everything.
import { initAll } from "./vendor/govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();
