import { freePort } from "../../e2e/server.ts";
import { tempFolder } from "../../e2e/temp_folder.ts";

/** Debian's nginx in front of a relay, as an operator sets it up. Ends with `await using`. */
export interface Nginx extends AsyncDisposable {
  readonly url: string;
}

/** Starts it; `location` holds more directives for the one location there is. */
export async function nginx(upstream: string, location = ""): Promise<Nginx> {
  const folder = await tempFolder();
  const port = freePort();
  const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = `
    daemon off;
    worker_processes 1;
    pid ${folder.path}/pid;
    error_log stderr error;
    events {}
    http {
      access_log off;
      ${temps.map((name) => `${name}_temp_path ${folder.path}/${name};`).join("\n")}
      gzip on;
      gzip_proxied any;
      gzip_min_length 0;
      gzip_types text/event-stream application/json;
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass ${upstream};
          proxy_http_version 1.1;
          proxy_set_header Connection "";
          proxy_set_header Host $http_host;
          ${location}
        }
      }
    }`;
  await Deno.writeTextFile(`${folder.path}/nginx.conf`, config);
  const args = ["-p", folder.path, "-c", `${folder.path}/nginx.conf`, "-e", "stderr"];
  const process = new Deno.Command("nginx", { args, stdout: "null", stderr: "null" }).spawn();
  await listening(port);
  let running = true;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      if (!running) return;
      running = false;
      process.kill("SIGTERM");
      await process.status;
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function listening(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    try {
      using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new Error("nginx does not listen");
}
