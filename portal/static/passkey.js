// Passkeys: shows the forms that need one where the browser can, asks the browser, and sends its answer as a plain form.
// Loaded as a module. Without it the forms stay hidden, and the other ways on the page do everything.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const told = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
  ...(options.excludeCredentials && { excludeCredentials: options.excludeCredentials.map((c) => ({ ...c, id: bytes(c.id) })) }),
  ...(options.allowCredentials && { allowCredentials: options.allowCredentials.map((c) => ({ ...c, id: bytes(c.id) })) }),
});

const answer = ({ id, rawId, type, response }) => ({
  id,
  rawId: text(rawId),
  type,
  response: {
    clientDataJSON: text(response.clientDataJSON),
    ...(response.attestationObject && { attestationObject: text(response.attestationObject) }),
    ...(response.authenticatorData && { authenticatorData: text(response.authenticatorData) }),
    ...(response.signature && { signature: text(response.signature) }),
    ...(response.userHandle && { userHandle: text(response.userHandle) }),
  },
});

const ask = async (form) => {
  const publicKey = told(JSON.parse(form.dataset.options));
  const made = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  form.elements.answer.value = JSON.stringify(answer(made));
  form.submit();
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.closest("[data-passkey-part]").hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const words = form.querySelector("[data-passkey-failed]");
      words.textContent = "";
      ask(form).catch(() => { words.textContent = words.dataset.passkeyFailed; });
    });
  }
}
