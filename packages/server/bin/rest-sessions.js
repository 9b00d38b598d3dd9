#!/usr/bin/env node
// Not dist/cli/main.js itself: npm links a command when it installs, and in a fresh clone nothing is built by then.
import '../dist/cli/main.js';
