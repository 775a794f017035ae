// Runs after ECharts: renders options to SVG text, one after the other.
// `hostMeasure(text, font)` is provided by the interpreter (src/engine/interpreter.rs).
'use strict';
echarts.setPlatformAPI({
  measureText: function (text, font) { return { width: hostMeasure(text, font || '12px sans-serif') }; }
});
globalThis.renderChart = function (optionSource, width, height) {
  restartRandom();
  var option = (0, eval)('(' + optionSource + ')');
  var chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: width, height: height });
  // Without progressive:0 a series of more than a few thousand points is drawn in later frames, that is never.
  chart.setOption({ animation: false, progressive: 0 });
  // Nobody points at paper: what a series does then is left out.
  (option.series || []).forEach(function (series) {
    series.silent = true;
    series.emphasis = { disabled: true };
  });
  chart.setOption(option);
  var svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
};
