// Calls of /api/v1 by the person who is logged in; a refusal becomes an error with its code, its fields and its words.
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

export class Refused extends Error {
  constructor(status, detail) {
    super(detail.message ?? `The server answered ${status}.`);
    Object.assign(this, { status, code: detail.code ?? "", fields: detail.fields ?? {}, detail });
  }

  /** The first sentence about a field, or the whole refusal's. */
  about(field) {
    return this.fields[field]?.[0] ?? this.message;
  }
}

/** Ask; resolves to the JSON of the answer. Rejects with Refused, or with TypeError while the network is away. */
export async function call(method, path, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, said.detail ?? {});
  return said;
}
