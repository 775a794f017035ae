// A band as one polygon, drawn with the first datum. Data: [x, lower, upper].
function (style) {
  return function (params, api) {
    if (params.dataIndex !== 0) return null;
    var points = [], count = params.dataInsideLength, i;
    for (i = 0; i < count; i++) points.push(api.coord([api.value(0, i), api.value(2, i)]));
    for (i = count - 1; i >= 0; i--) points.push(api.coord([api.value(0, i), api.value(1, i)]));
    return { type: 'polygon', shape: { points: points }, style: style };
  };
}
