// Labels of ticks, written beforehand; any other value (of an axis pointer, say) as it is.
function (table) {
  return function (value) {
    var index = table.values.indexOf(+value);
    return index < 0 ? String(value) : table.labels[index];
  };
}
