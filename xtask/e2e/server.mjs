// A Botwright server of the test's own, as `cargo xtask run` starts it: private Postgres and Redis, worker inside.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";

const OUTPUT = process.env.BOTWRIGHT_E2E_OUTPUT;

// A port that was free a moment ago.
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

// Starts a server with an empty data folder and waits until it is ready. It is stopped when the test ends. Settings that
// depend on the port are a function of it.
export async function startServer(t, name, settings = {}) {
  const folder = join(OUTPUT, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // As on a newcomer's machine: no address of a database of somebody else's.
  const { DATABASE_URL, REDIS_URL, QDRANT_URL, ...environment } = process.env;
  const child = spawn(process.env.BOTWRIGHT_BIN, ["serve"], {
    env: {
      ...environment,
      BOTWRIGHT_LISTEN: `127.0.0.1:${port}`,
      BOTWRIGHT_DATA_DIR: join(folder, "data"),
      BOTWRIGHT_DEMO: "false",
      ...(typeof settings === "function" ? settings(port) : settings),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(child, "exit");
  const server = {
    url,
    folder,
    // Ends the server as Ctrl-C does; answers its exit code.
    async stop() {
      child.kill("SIGINT");
      const [code] = await ended;
      return code;
    },
  };
  t.after(() => server.stop());

  const log = createWriteStream(join(folder, "server.log"));
  const lines = createInterface({ input: child.stderr });
  lines.on("line", (line) => log.write(`${line}\n`));
  const ready = new Promise((resolve) => {
    lines.on("line", (line) => line.includes("Botwright is ready") && resolve(true));
  });
  if (!(await Promise.race([ready, ended.then(() => false)]))) {
    throw new Error(`the server did not start; see ${join(folder, "server.log")}`);
  }
  return server;
}

// Runs SQL in the database of a server, past every rule of the product: only to fill it with more than a test could make.
export function sql(server, text) {
  const services = join(server.folder, "data", "services");
  const password = readFileSync(join(services, "password"), "utf8");
  const port = readFileSync(join(services, "postgres", "postmaster.pid"), "utf8").split("\n")[3].trim();
  const folder = "/usr/lib/postgresql";
  const found = existsSync(folder) ? readdirSync(folder).map((version) => join(folder, version, "bin", "psql")) : [];
  const psql = found.find((path) => existsSync(path)) ?? "psql";
  const url = `postgres://botwright@127.0.0.1:${port}/botwright`;
  const options = { env: { ...process.env, PGPASSWORD: password }, input: `begin;\n${text}\ncommit;`, encoding: "utf8" };
  return execFileSync(psql, ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", url], options).trim();
}
