// Somebody's web site: one page on an origin of its own, with a strict Content Security Policy.

import { once } from "node:events";
import { createServer } from "node:http";

// Serves a page whose body ends with `embedCode`; `host` is the origin the widget comes from.
export async function startSite(t, host, embedCode) {
  const page = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Aurora Kettles</title></head>
<body><h1>Aurora Kettles</h1><p>Kettles for people who take tea seriously.</p>
${embedCode}
</body>
</html>`;
  const server = createServer((request, response) => {
    if (request.url !== "/") {
      // Browsers ask for an icon on their own.
      response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": "text/html; charset=utf-8",
      "Content-Security-Policy": `default-src 'self'; script-src ${host}; frame-src ${host}`,
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
