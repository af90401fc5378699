"""A stand-in for Stripe, so that buying works on a laptop and in the tests with nothing configured.

A process of its own (`python -m sandbox.stripe --port 8003 --folder var/stripe`) that answers over HTTP as the API
version does which the installed `stripe` library is generated for. What it can do is listed in
docs/stripe-stand-in.md and printed by `--list`; whatever else the real API can do is refused as not implemented, by
method and by parameter, never guessed. What only a real account can prove is listed there, too.

From the bottom up: `spec` reads the library; `contract` checks requests and answers by it; `journal` and `account`
keep every object, whole or not at all; `routes` is the table of methods; then the nouns (`catalogue`, `bills`,
`collecting`, `payment_methods`, `items`, `invoices`, `prorating`, `renewing`, `subscriptions`, `previews`, `credits`,
`disputes`, `checkout`); `agenda` is what time brings; `webhooks` sends events; `control`, `paper`, `pages`, `api` and
`server` meet the outside.
"""
