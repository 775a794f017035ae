// Runs before ECharts: the few host functions that it expects, made deterministic.
// `hostReport(level, text)` is provided by the interpreter (src/engine/interpreter.rs).
'use strict';
globalThis.setTimeout = function () { return 0; };
globalThis.clearTimeout = function () {};
globalThis.console = (function () {
  function reporter(level) {
    return function () { hostReport(level, Array.prototype.map.call(arguments, String).join(' ')); };
  }
  return { log: reporter('log'), info: reporter('info'), warn: reporter('warn'), error: reporter('error') };
})();
// ECharts draws random numbers for ids only; a fixed sequence (that of Lehmer, as in minstd) repeats them.
globalThis.restartRandom = (function () {
  var state;
  Math.random = function () { state = state * 48271 % 2147483647; return state / 2147483647; };
  return function () { state = 42; };
})();
restartRandom();
Date.now = function () { return 0; };
