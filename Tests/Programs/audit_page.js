// Examines the page that it is evaluated in, and returns its problems as JSON: contrast and size of texts, names and
// structure for screen readers, the keyboard, and what a smuggled text would have done.
(() => {
  const problems = [];
  const say = (text) => { if (problems.length < 40) problems.push(text); };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility();
  const short = (text) => text.trim().slice(0, 50);

  // Colours, as numbers from 0 to 1 with an opacity.
  const color = (text) => {
    const numbers = (text.match(/[\d.]+/g) || []).map(Number);
    return numbers.length < 3 ? [0, 0, 0, 0]
      : [numbers[0] / 255, numbers[1] / 255, numbers[2] / 255, numbers[3] ?? 1];
  };
  const over = (top, below) =>
    [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (c) => {
    const part = (v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  };
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
    return (x + 0.05) / (y + 0.05);
  };
  const pageBackground = (element) => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      layers.push(color(getComputedStyle(e).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reduceRight((below, top) => over(top, below), [1, 1, 1, 1]);
  };

  // What a text of an image is drawn on: the last filled shape before it that its middle is in.
  const shapes = new Map();
  const shapesOf = (svg) => {
    if (!shapes.has(svg)) {
      shapes.set(svg, [...svg.querySelectorAll("rect, circle, path.mark, path.o")]
        .filter((s) => getComputedStyle(s).fill !== "none")
        .map((s) => ({ shape: s, box: s.getBoundingClientRect() })));
    }
    return shapes.get(svg);
  };
  const imageBackground = (element, svg) => {
    const box = element.getBoundingClientRect();
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    let background = pageBackground(svg);
    for (const { shape, box } of shapesOf(svg)) {
      if (!(shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
      if (x < box.left || x > box.right || y < box.top || y > box.bottom) continue;
      const fill = color(getComputedStyle(shape).fill);
      fill[3] *= Number(getComputedStyle(shape).fillOpacity);
      background = over(fill, background);
    }
    return background;
  };

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !shown(element)) continue;
    if (element.closest("title, desc, style") || element.classList.contains("skip")) continue;
    const svg = element.closest("svg");
    const style = getComputedStyle(element);
    let size = parseFloat(style.fontSize);
    if (svg && svg.viewBox.baseVal.width > 0) {
      size *= svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      const [text, image] = [element.getBoundingClientRect(), svg.getBoundingClientRect()];
      if (text.left < image.left - 1 || text.right > image.right + 1 || text.bottom > image.bottom + 1)
        say(`"${short(node.data)}" reaches out of its image`);
    }
    if (size < 10.9) say(`"${short(node.data)}" has only ${size.toFixed(1)} pixels`);
    const background = svg ? imageBackground(element, svg) : pageBackground(element);
    const front = over(color(svg ? style.fill : style.color), background);
    const isLarge = size >= 24 || (size >= 18.6 && Number(style.fontWeight) >= 600);
    const ratio = contrast(front, background);
    if (ratio < (isLarge ? 3 : 4.5))
      say(`"${short(node.data)}" has a contrast of ${ratio.toFixed(2)}`);
  }

  // Texts of an image that lie on each other.
  for (const svg of all("svg").filter(shown)) {
    const texts = [...svg.querySelectorAll("text")].map((t) => [t, t.getBoundingClientRect()])
      .sort((a, b) => a[1].top - b[1].top);
    for (let i = 0; i < texts.length; i++) {
      for (let j = i + 1; j < texts.length && texts[j][1].top < texts[i][1].bottom - 3; j++) {
        const [a, b] = [texts[i][1], texts[j][1]];
        if (a.left < b.right - 1 && b.left < a.right - 1)
          say(`"${short(texts[i][0].textContent)}" lies on "${short(texts[j][0].textContent)}"`);
      }
    }
  }

  // Texts that a line of a scale goes through.
  for (const line of all("line").filter(shown)) {
    const own = line.getBoundingClientRect();
    for (const text of line.closest("svg").querySelectorAll("text:not(.inside)")) {
      const box = text.getBoundingClientRect();
      if (own.left > box.left + 1 && own.left < box.right - 1 && own.top < box.bottom - 2
        && own.bottom > box.top + 2) say(`a line goes through "${short(text.textContent)}"`);
    }
  }

  // Lines and signs that carry a meaning.
  for (const line of all(".line, .band, .sign .o").filter(shown)) {
    const style = getComputedStyle(line);
    const stroke = color(style.stroke);
    stroke[3] *= Number(style.strokeOpacity);
    const ground = imageBackground(line, line.closest("svg"));
    const ratio = contrast(over(stroke, ground), ground);
    if (ratio < 3) say(`${line.getAttribute("class")} has a contrast of ${ratio.toFixed(2)}`);
  }

  // Names and structure.
  if (!document.documentElement.lang) say("the page has no language");
  if (!document.title) say("the page has no title");
  if (!document.querySelector("meta[name=viewport]")) say("no viewport");
  for (const landmark of ["header", "nav", "main", "footer"])
    if (all(landmark).length !== 1) say(`${all(landmark).length} of the landmark ${landmark}`);
  const ids = all("[id]").map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) say(`two of the id ${id}`);
  let level = 0;
  for (const heading of all("h1, h2, h3, h4")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) say(`after h${level} comes h${own}`);
    level = own;
  }
  if (all("h1").length !== 1) say("not one h1");
  const named = (element) => {
    const label = element.getAttribute("aria-label")
      || (element.getAttribute("aria-labelledby") || "").split(/\s+/).filter(Boolean)
        .map((id) => document.getElementById(id)?.textContent || "").join(" ");
    return label.trim() || element.textContent.trim();
  };
  for (const svg of all("svg")) {
    if (svg.getAttribute("aria-hidden") === "true") continue;
    if (svg.getAttribute("role") !== "img") say("an image has no role");
    for (const attribute of ["aria-labelledby", "aria-describedby"])
      if (!document.getElementById(svg.getAttribute(attribute) || "")?.textContent)
        say("an image has no title or description");
  }
  for (const section of all("section, nav")) if (!named(section)) say("a landmark has no name");
  for (const table of all("table")) {
    if (!table.caption?.textContent) say("a table has no caption");
    if ([...table.querySelectorAll("th")].some((th) => !th.scope)) say("a heading has no scope");
    if ([...table.tBodies[0].rows].some((row) => row.cells[0].tagName !== "TH"))
      say("a row has no heading");
  }
  for (const box of all("*"))
    if (box.scrollWidth > box.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(box).overflowX)
      && box.tabIndex < 0 && box !== document.documentElement) say("a part scrolls only with a mouse");
  for (const link of all("a[href^='#']"))
    if (!document.getElementById(link.hash.slice(1))) say(`${link.hash} leads nowhere`);
  for (const link of all("[href], [src]")) {
    const target = link.getAttribute("href") ?? link.getAttribute("src");
    if (!target.startsWith("#")) say(`a reference to ${target}`);
  }

  // The keyboard: what can have the focus shows it.
  for (const element of all("a, summary, [tabindex='0']").filter(shown)) {
    element.focus({ focusVisible: true });
    if (document.activeElement !== element) say(`${element.tagName} takes no focus`);
    const style = getComputedStyle(element);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2)
      say(`${element.tagName} does not show the focus`);
  }
  document.activeElement?.blur();
  window.scrollTo(0, 0);

  // Nothing but the page's own.
  if (document.documentElement.scrollWidth > window.innerWidth)
    say(`the page is ${document.documentElement.scrollWidth} pixels wide`);
  if (window.injected !== undefined) say(`a text ran as a script: ${window.injected}`);
  for (const element of all("script, img, iframe, object, embed, link, form, input"))
    say(`an element ${element.tagName}`);
  for (const element of all("*"))
    for (const attribute of element.attributes)
      if (attribute.name.startsWith("on") || attribute.name === "style")
        say(`an attribute ${attribute.name}`);
  if (getComputedStyle(document.body).margin !== "0px") say("the style sheet does not apply");
  return JSON.stringify(problems);
})()
