// An issuer of OpenID Connect on this machine: it checks what real ones check, and asks before it vouches for somebody.

import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const CLIENT = "botwright";
const SECRET = "a secret between the two of them";

// Starts one. `person` holds the claims of whoever comes. Answers its address, and the settings of a server that offers it.
export async function startIssuer(t, label, person) {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...publicKey.export({ format: "jwk" }), kid: "1", use: "sig", alg: "RS256" };
  const codes = new Map();
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    const json = (body, status = 200) => {
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    };
    if (pathname === "/.well-known/openid-configuration") return json(discovery(url));
    if (pathname === "/keys") return json({ keys: [key] });
    if (pathname === "/authorize") {
      const code = randomUUID();
      codes.set(code, Object.fromEntries(searchParams));
      const back = new URL(searchParams.get("redirect_uri"));
      back.search = new URLSearchParams({ code, state: searchParams.get("state") });
      const refused = new URL(searchParams.get("redirect_uri"));
      refused.search = new URLSearchParams({ error: "access_denied", state: searchParams.get("state") });
      const link = (to, text) => `<p><a href="${to.href.replaceAll("&", "&amp;")}">${text}</a></p>`;
      const page = `<h1>${label}</h1>${link(back, `Continue as ${person.name}`)}${link(refused, "Cancel")}`;
      return response.writeHead(200, { "Content-Type": "text/html" }).end(page);
    }
    if (pathname === "/token") {
      const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
      const asked = codes.get(form.get("code"));
      codes.delete(form.get("code"));
      const challenge = createHash("sha256").update(form.get("code_verifier") ?? "").digest("base64url");
      const basic = Buffer.from(`${CLIENT}:${encodeURIComponent(SECRET).replaceAll("%20", "+")}`).toString("base64");
      const isRight =
        asked?.code_challenge === challenge &&
        asked.redirect_uri === form.get("redirect_uri") &&
        request.headers.authorization === `Basic ${basic}`;
      if (!isRight) return json({ error: "invalid_grant" }, 400);
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: url, aud: CLIENT, iat: now, exp: now + 300, nonce: asked.nonce, ...person };
      return json({ access_token: "token", token_type: "Bearer", id_token: jwt(claims, privateKey) });
    }
    // Browsers ask for an icon on their own.
    response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}`;
  const settings = {
    BOTWRIGHT_SIGN_IN__ISSUERS__CORP__LABEL: label,
    BOTWRIGHT_SIGN_IN__ISSUERS__CORP__URL: url,
    BOTWRIGHT_SIGN_IN__ISSUERS__CORP__CLIENT_ID: CLIENT,
    BOTWRIGHT_SIGN_IN__ISSUERS__CORP__CLIENT_SECRET: SECRET,
    BOTWRIGHT_OUTBOUND_ALLOW: JSON.stringify([`127.0.0.1:${server.address().port}`]),
  };
  return { url, settings };
}

function discovery(url) {
  return {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
  };
}

function jwt(claims, key) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", kid: "1" })}.${part(claims)}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
}
