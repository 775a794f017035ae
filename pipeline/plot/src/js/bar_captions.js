// Error bars, values at the outer ends of bars, and notes in place of missing bars.
// Data: [category, value, lower end, upper end], NaN where there is none.
function (o) {
  return function (params, api) {
    var slot = api.barLayout(o.layout)[o.slot];
    var value = api.value(1), lower = api.value(2), upper = api.value(3);
    var missing = isNaN(value), whiskers = !isNaN(lower) && !isNaN(upper), below = value < 0;
    // Along the bar comes first, across it second; `place` turns a pair into [x, y].
    function place(along, across) { return o.horizontal ? [along, across] : [across, along]; }
    function at(number) {
      var point = api.coord(place(number, api.value(0)));
      return o.horizontal ? [point[0], point[1] + slot.offsetCenter] : [point[1], point[0] + slot.offsetCenter];
    }
    function line(a, b) {
      return {
        type: 'line', silent: true,
        shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] },
        style: { fill: 'none', stroke: o.ink, lineWidth: o.lineWidth }
      };
    }
    var children = [], tip = missing ? o.base : value;
    if (whiskers) {
      var from = at(lower), to = at(upper);
      children.push(line(place(from[0], from[1]), place(to[0], to[1])));
      [from, to].forEach(function (end) {
        children.push(line(place(end[0], end[1] - o.cap), place(end[0], end[1] + o.cap)));
      });
      tip = missing ? tip : below ? Math.min(tip, lower) : Math.max(tip, upper);
    }
    var caption = o.captions[params.dataIndex];
    if (caption) {
      // On the canvas x grows with the numbers of a horizontal axis, y against those of a vertical one.
      var end = at(tip), outwards = below === o.horizontal ? -1 : 1;
      var point = place(end[0] + o.gap * outwards, end[1]);
      var text = {
        text: caption, fill: missing ? o.muted : o.ink,
        fontSize: o.font.fontSize, fontFamily: o.font.fontFamily,
        fontStyle: missing ? 'italic' : 'normal',
        align: 'center', verticalAlign: 'middle'
      };
      if (o.horizontal || o.upright) text.align = below ? 'right' : 'left';
      else text.verticalAlign = below ? 'top' : 'bottom';
      children.push({
        type: 'text', silent: true, x: point[0], y: point[1],
        rotation: o.upright ? Math.PI / 2 : 0, style: text
      });
    }
    return { type: 'group', children: children };
  };
}
