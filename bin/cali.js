#!/usr/bin/env node
import { launch } from "./launch.js";

await launch(new URL("../delivery/main.ts", import.meta.url));
