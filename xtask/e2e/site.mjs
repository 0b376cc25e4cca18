// Somebody's web site: one page on an origin of its own, with a strict Content Security Policy.

import { once } from "node:events";
import { createServer } from "node:http";

// Serves a page whose body ends with `embedCode`, at every path; `host` is the origin the widget comes from. `head` is more
// for its head, `policy` another Content Security Policy.
export async function startSite(t, host, embedCode, { head = "", policy } = {}) {
  const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Aurora Kettles</title>${head}</head>
<body><h1>Aurora Kettles</h1><p>Kettles for people who take tea seriously.</p>
${embedCode}
</body>
</html>`;
  const server = createServer((request, response) => {
    // Browsers ask for an icon on their own.
    if (request.url === "/favicon.ico") return response.writeHead(204).end();
    response.writeHead(200, {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": policy ?? `default-src 'self'; script-src ${host}; frame-src ${host}`,
    });
    response.end(page);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // Another host name than the server's, so that it is another site, not only another port.
  return `http://localhost:${server.address().port}/`;
}
