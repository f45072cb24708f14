import "./page.css";
import { render } from "preact";
import type { About } from "../protocol.ts";
import { ask } from "./ask.ts";
import { Connection } from "./connection.ts";
import { Shell } from "./shell.tsx";

render(<Shell about={await ask<About>("about")} connection={new Connection()} />, document.body);
