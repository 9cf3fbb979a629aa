// Numbers and times as text; what is absent is a dash.

const ABSENT = "–";
const MINUS = "−";

function decimals(metric) {
  return metric.unit === "%" ? 2 : 4;
}

function fixed(value, digits) {
  return isAbsent(value) ? ABSENT : value.toFixed(digits).replace("-", MINUS);
}

function signed(value, digits) {
  return isAbsent(value) ? ABSENT : (value >= 0 ? "+" : "") + fixed(value, digits);
}

function interval(estimate, digits, format = fixed) {
  if (!estimate || isAbsent(estimate.low)) return ABSENT;
  return `${format(estimate.low, digits)} to ${format(estimate.high, digits)}`;
}

function whole(value) {
  return isAbsent(value) ? ABSENT : Math.round(value).toLocaleString("en");
}

function duration(seconds) {
  if (isAbsent(seconds)) return ABSENT;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function mebibytes(bytes) {
  return isAbsent(bytes) ? ABSENT : `${whole(bytes / 2 ** 20)} MiB`;
}

function minute(timestamp) {
  return timestamp.slice(0, 16).replace("T", " ");
}

function count(number, noun) {
  return `${whole(number)} ${noun}${number === 1 ? "" : "s"}`;
}

function isAbsent(value) {
  return value === null || value === undefined;
}
