"use strict";
(function () {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const plots = Array.from(document.querySelectorAll(".plot"));
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = { displayModeBar: false, responsive: true };
  const PRINTED_WIDTH_PX = 322;
  let following = false;

  function colors(isDark) {
    return isDark
      ? { text: "#c3c9d2", grid: "#2c323b", zero: "#5a6472", box: "#262c35" }
      : { text: "#3d444d", grid: "#e7eaee", zero: "#aab2bd", box: "#ffffff" };
  }

  function axis(own, color) {
    const axis = {
      gridcolor: color.grid, zerolinecolor: color.zero, linecolor: color.grid, automargin: true,
      exponentformat: "none", ...own,
    };
    // Plotly writes into the range that it is given; the original is still needed.
    if (axis.range) { axis.range = axis.range.slice(); }
    return axis;
  }

  function layout(own, isDark) {
    const color = colors(isDark);
    return Object.assign({}, own, {
      font: { color: color.text, size: 11.5, family: "system-ui, sans-serif" },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      margin: { l: 44, r: 12, t: 8, b: 36 },
      hovermode: own.hovermode || "x unified",
      hoverlabel: { bgcolor: color.box, font: { color: color.text } },
      showlegend: false,
      xaxis: axis(own.xaxis, color),
      yaxis: axis(own.yaxis, color),
    });
  }

  // The ranges that somebody zoomed to must survive a change of theme.
  function currentRanges(plot, own) {
    if (!plot.layout) { return own; }
    const ranges = {};
    for (const name of ["xaxis", "yaxis"]) {
      ranges[name] = Object.assign({}, own[name]);
      if (!plot.layout[name].autorange) { ranges[name].range = plot.layout[name].range.slice(); }
    }
    return Object.assign({}, own, ranges);
  }

  function draw(plot, isDark, width) {
    const figure = figures[plot.dataset.figure];
    const first = !plot.layout;
    const wanted = layout(currentRanges(plot, figure.layout), isDark);
    if (width) { wanted.width = width; } else { wanted.autosize = true; }
    Plotly.react(plot, figure.data, wanted, config);
    if (first && figure.over_time) { plot.on("plotly_relayout", follow); }
  }

  // Zooming one figure in time zooms all of them.
  function follow(event) {
    const zoomed = "xaxis.range[0]" in event;
    if (following || !(zoomed || event["xaxis.autorange"])) { return; }
    following = true;
    const updates = plots
      .filter((plot) => plot.layout && figures[plot.dataset.figure].over_time)
      .map((plot) => Plotly.relayout(plot, {
        "xaxis.range": zoomed
          ? [event["xaxis.range[0]"], event["xaxis.range[1]"]]
          : figures[plot.dataset.figure].layout.xaxis.range.slice(),
      }));
    Promise.all(updates).finally(() => { following = false; });
  }

  // One after the other, so that the page can be read meanwhile; folded ones when opened.
  function drawNext(waiting) {
    const plot = waiting.shift();
    if (!plot) { return; }
    if (!plot.layout) { draw(plot, dark.matches); }
    window.setTimeout(drawNext, 0, waiting);
  }
  drawNext(plots.filter((plot) => !plot.closest("details")));
  document.querySelectorAll("details").forEach((part) => {
    part.addEventListener("toggle", () => { drawNext(Array.from(part.querySelectorAll(".plot"))); });
  });

  dark.addEventListener("change", () => {
    plots.filter((plot) => plot.layout).forEach((plot) => draw(plot, dark.matches));
  });
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
    // Two columns of a sheet of A4: a resize of its own would come too late for the printer.
    plots.forEach((plot) => draw(plot, false, PRINTED_WIDTH_PX));
  });
  window.addEventListener("afterprint", () => {
    plots.forEach((plot) => { draw(plot, dark.matches); Plotly.Plots.resize(plot); });
  });
})();
