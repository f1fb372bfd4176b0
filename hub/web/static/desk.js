import { run } from "./clock.js";
import { follow } from "./live.js";

run();
follow();
