"""How does the report look on A4: the Typst program that lays out the blocks of `pdf_content`?

It holds no word of a report: those come as data (JSON), so that no name can become markup. Typst 0.14 and later.
"""

# Both come inside the typst package (Libertinus: SIL Open Font License; DejaVu: its own, free for embedding), so that
# a page looks the same on every machine. The second has the symbols.
TYPEFACES = ("Libertinus Serif", "DejaVu Sans Mono")

# Tries whether the typefaces have every character of `sys.inputs.text`, upright and bold.
TRIAL = r"""#set document(title: "Trial")
#set text(font: json(bytes(sys.inputs.typefaces)))
#text(sys.inputs.text)#strong(text(sys.inputs.text))
"""

LAYOUT = r"""#let typefaces = json(bytes(sys.inputs.typefaces))
#let report = json(bytes(sys.inputs.report))
#let ink = rgb("#1a1a1a")
#let quiet = rgb("#4a4a4a")
#let line-grey = rgb("#b5b5b5")
#let emphasis = ("follow-up": rgb("#8a1c00"), "nearly": rgb("#6b4a00"))

#set document(title: report.title)
#set text(lang: "en", region: "GB", font: typefaces, size: 10pt, fill: ink)
#set par(leading: 0.55em, spacing: 0.7em)
// The second typeface draws the symbols large enough to be told apart in print.
#show regex("[✔◕▲○▼●]"): set text(font: typefaces.last())
#set page(
  paper: "a4",
  flipped: report.at("landscape", default: false),
  margin: (x: 15mm, top: 20mm, bottom: 18mm),
  header: text(9pt, weight: "bold", report.staff_only),
  footer: context text(9pt, fill: quiet, grid(
    columns: (1fr, auto),
    report.title,
    "Page " + counter(page).display() + " of " + str(counter(page).final().first()),
  )),
)
#set table(stroke: (x, y) => (bottom: if y == 0 { 1pt + ink } else { 0.5pt + line-grey }), inset: (x: 4pt, y: 4.5pt))
#set table.cell(breakable: false)
#show figure: set align(left)
#set list(marker: [•], spacing: 0.55em)

#show heading.where(level: 1): set text(17pt)
#show heading.where(level: 2): it => block(
  width: 100%, above: 18pt, below: 7pt, stroke: (top: 2pt + ink), inset: (top: 7pt), sticky: true, text(14pt, it.body),
)
#show heading.where(level: 3): set text(11.5pt)
#show heading.where(level: 3): set block(above: 14pt, below: 6pt)
#show heading.where(level: 4): set text(10.5pt)
#show heading.where(level: 4): set block(above: 10pt, below: 5pt)

// The number stands beside the bar; the alternative text says it again to whoever cannot see the bar.
#let bar(percent) = figure(
  box(width: 22mm, height: 7pt, stroke: 0.6pt + ink, align(left, rect(
    width: percent * 1%, height: 100%, fill: rgb("#35506b"), stroke: none,
  ))),
  alt: str(percent) + " % done", kind: "bar", supplement: none, numbering: none,
)

#let paragraph(it) = {
  let styles = ("headline": (size: 12pt, weight: "bold"), "quiet": (fill: quiet), "plain": (:))
  par(text(..styles.at(it.style), it.text))
}

#let silence(it) = block(
  stroke: (left: 4pt + ink), inset: (left: 8pt, y: 5pt), above: 12pt, below: 12pt, text(11.5pt, it.text),
)

#let caption(words) = block(sticky: true, above: 0pt, below: 3pt, par(text(9pt, fill: quiet, words)))

#let status(words, color) = text(weight: "bold", fill: color, words)

#let group-cells(it, row) = (
  strong(row.group) + if row.tutors != "" { linebreak() + row.tutors },
  status(row.status, emphasis.at(it.tone, default: ink)),
  row.done + " / " + row.due,
  row.outstanding,
  row.share + if row.percent != none { bar(row.percent) },
  text(9pt, row.notes.join(linebreak())),
)

#let groups(it) = {
  caption("Tutor groups, most students outstanding first; the bar shows the share done")
  table(
    columns: (1fr, 32mm, 22mm, 24mm, 27mm, 42mm),
    align: (left, left, right, right, left, left),
    table.header(..it.columns.map(strong)),
    ..it.rows.map(row => group-cells(it, row)).flatten(),
  )
}

#let students(it) = table(
  columns: (1fr,) * it.columns.len(),
  table.header(..it.columns.map(strong)),
  ..it.rows.flatten(),
)

// A cell of `table`: a text, perhaps strong, perhaps with a quiet line and a bar below it.
#let cell(it) = {
  if it.strong { strong(it.text) } else { it.text }
  if it.quiet != "" { linebreak() + text(8pt, fill: quiet, it.quiet) }
  if it.percent != none { bar(it.percent) }
}

#let any-table(it) = {
  set text(9pt)
  if it.caption != "" { caption(it.caption) }
  table(
    columns: it.widths.map(width => width * 1fr),
    table.header(..it.columns.map(strong)),
    ..it.rows.flatten().map(cell),
  )
}

// A table of bars: what is measured, its number, and the bar that shows it.
#let bars(it) = {
  caption(it.caption)
  table(
    columns: (42mm, 46mm, auto),
    align: (left, left, left),
    table.header(..it.columns.map(strong)),
    ..it.rows.map(row => (row.label, row.figures, if row.percent == none [ – ] else { bar(row.percent) })).flatten(),
  )
}

// A short list stays on one page with its heading.
#let lines(it) = block(breakable: it.lines.len() > 10, list(..it.lines))

#let shown(it) = (
  heading: it => heading(level: it.level, it.text),
  paragraph: paragraph,
  silence: silence,
  groups: groups,
  students: students,
  list: lines,
  table: any-table,
  bars: bars,
  page: it => pagebreak(weak: true),
).at(it.kind)(it)

#for it in report.blocks { shown(it) }
"""
