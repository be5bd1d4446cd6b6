/** The development server: the app at http://localhost:5173, and our server's paths sent on to it. */

import { defineConfig } from "vite";
import relay from "vite-plugin-relay"; // for Relay only

const target = process.env["COURSES_ORIGIN"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [relay],
  server: {
    proxy: {
      "/graphql/": { target, ws: true },
      "^/(_allauth|accounts|admin|identity|static)/": { target },
      "/schema.graphql": { target },
    },
  },
});
