// Labels of points at places that were found beforehand. Data: [x, y]; offsets are in px from there.
function (o) {
  return function (params, api) {
    var item = o.items[params.dataIndex], at = api.coord([api.value(0), api.value(1)]);
    var children = [];
    if (item.leader) {
      children.push({
        type: 'line', silent: true,
        shape: {
          x1: at[0] + item.leader[0], y1: at[1] + item.leader[1],
          x2: at[0] + item.leader[2], y2: at[1] + item.leader[3]
        },
        style: { fill: 'none', stroke: o.muted, lineWidth: o.lineWidth }
      });
    }
    children.push({
      type: 'text', silent: true, x: at[0] + item.middle[0], y: at[1] + item.middle[1],
      style: {
        text: item.text, fill: o.ink, align: 'center', verticalAlign: 'middle',
        fontSize: o.font.fontSize, fontFamily: o.font.fontFamily
      }
    });
    return { type: 'group', children: children };
  };
}
