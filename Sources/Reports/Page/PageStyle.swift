/// The style sheets of the report and of pictures. Each colour has one name, with a value for light and for dark.
enum PageStyle {
  static let colors: StaticString = """
    :root{color-scheme:light dark;--page:#f4f5f7;--surface:#ffffff;--raised:#f8f9fb;--text:#1a1f27;--quiet:#525c69;\
    --rule:#d5dae1;--accent:#0b57b0;--ok:#14713a;--warn:#8a5a00;--bad:#c01f2e;--calm:#5b6675;\
    --ok-soft:#e3f4e8;--warn-soft:#fdf1d8;--bad-soft:#fde8e8;--calm-soft:#eceff3;--on:#ffffff}
    @media (prefers-color-scheme:dark){:root{--page:#0e1116;--surface:#171b22;--raised:#1f242d;--text:#e8ecf2;\
    --quiet:#a3adba;--rule:#343c48;--accent:#82b6ff;--ok:#5cc97d;--warn:#e3b04b;--bad:#ff8079;--calm:#a3adba;\
    --ok-soft:#173323;--warn-soft:#382b10;--bad-soft:#411e20;--calm-soft:#262d37;--on:#10141a}}
    """

  static let picture: StaticString = """
    .picture,.timeline{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;\
    font-size:13px;fill:var(--text)}
    .ground{fill:var(--page)}
    .lane{fill:var(--surface);stroke:var(--rule)}
    .node{fill:var(--raised);stroke:var(--rule)}
    .node.bad{fill:var(--bad-soft);stroke:var(--bad)}
    .node.warn{fill:var(--warn-soft);stroke:var(--warn)}
    .head{font-size:13px;font-weight:600;fill:var(--quiet)}
    .name{font-size:14px;font-weight:600}
    .quiet,.key,.axis{font-size:13px;fill:var(--quiet)}
    .detail{font-size:12px;fill:var(--quiet)}
    .detail.bad,.count.bad{fill:var(--bad)}
    .detail.warn{fill:var(--warn)}
    .count{font-size:12px;fill:var(--quiet)}
    .line{fill:none;stroke-width:1.5}
    .join{fill:none;stroke:var(--calm);stroke-width:1.2;stroke-opacity:.8}
    .band{fill:none;stroke-width:5;stroke-linecap:round}
    .line.ok,.band.ok{stroke:var(--ok);stroke-opacity:.8}
    .line.calm,.band.calm{stroke:var(--calm);stroke-opacity:.8;stroke-dasharray:1 5;stroke-linecap:round}
    .line.bad,.band.bad{stroke:var(--bad);stroke-dasharray:7 4;stroke-width:2}
    .band.bad{stroke-width:4}
    .band.calm{stroke-width:3;stroke-dasharray:1 7}
    .share.ok,.mark.ok{fill:var(--ok)}
    .share.warn,.mark.warn{fill:var(--warn)}
    .share.bad,.mark.bad{fill:var(--bad)}
    .share.calm,.share.none{fill:var(--calm)}
    .sign .o{stroke-width:1.2;stroke-linejoin:round}
    .sign .i{fill:none;stroke-width:1.7;stroke-linecap:round;stroke-linejoin:round}
    .sign.ok .o{fill:var(--ok);stroke:var(--ok)}
    .sign.warn .o{fill:var(--warn);stroke:var(--warn)}
    .sign.bad .o{fill:var(--bad);stroke:var(--bad)}
    .sign.ok .i,.sign.warn .i,.sign.bad .i{stroke:var(--on)}
    .sign.calm .o{fill:none;stroke:var(--calm)}
    .sign.none .o{fill:none;stroke:var(--calm);stroke-dasharray:2.5 2}
    .sign.calm .i,.sign.none .i{stroke:var(--calm)}
    .tick{stroke:var(--rule)}
    .tick.now{stroke:var(--quiet);stroke-width:1.5}
    .past{fill:var(--bad-soft)}
    .mark{stroke:var(--surface);stroke-width:1.5}
    .inside{font-size:11px;font-weight:600;fill:var(--on)}
    """

  static let page: StaticString = """
    *{box-sizing:border-box}
    body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Noto Sans","DejaVu Sans",sans-serif}
    .wrap{max-width:1128px;margin:0 auto;padding:0 24px}
    a{color:var(--accent);text-underline-offset:2px}
    :focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
    .skip{position:absolute;left:-9999px}
    .skip:focus{left:16px;top:12px;background:var(--surface);padding:8px 14px;z-index:1}
    header.wrap{padding-top:36px}
    .eyebrow{margin:0;color:var(--quiet);font-size:14px}
    h1{margin:2px 0 10px;font-size:32px;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
    h2{margin:0 0 4px;font-size:21px;line-height:1.3}
    h3{margin:20px 0 6px;font-size:16px}
    p{margin:0 0 10px;max-width:72ch}
    .lead{color:var(--quiet);font-size:15px;max-width:80ch}
    .badge{display:inline-flex;align-items:center;gap:9px;padding:7px 14px 7px 10px;border-radius:999px;font-weight:600}
    .badge svg,.state svg,.due svg{width:16px;height:16px;flex:none}
    .badge.ok{background:var(--ok-soft);color:var(--ok)}
    .badge.warn{background:var(--warn-soft);color:var(--warn)}
    .badge.bad{background:var(--bad-soft);color:var(--bad)}
    .badge.calm{background:var(--calm-soft);color:var(--calm)}
    nav ul{display:flex;flex-wrap:wrap;gap:6px 20px;list-style:none;margin:18px 0 0;padding:0;font-size:15px}
    .figures{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin:24px 0 0}
    .figures div{background:var(--surface);border:1px solid var(--rule);border-radius:12px;padding:14px 16px}
    .figures dt{color:var(--quiet);font-size:14px}
    .figures dd{margin:0;overflow-wrap:anywhere}
    .figures .value{font-size:25px;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums}
    .figures .note{color:var(--quiet);font-size:14px;line-height:1.4}
    section{margin-top:40px}
    figure{margin:14px 0 0}
    .picture,.timeline{display:block;width:100%;height:auto}
    .medium,.narrow{display:none}
    .card{background:var(--surface);border:1px solid var(--rule);border-radius:12px;padding:16px 18px;margin-top:14px}
    .due{list-style:none;margin:14px 0 0;padding:0;background:var(--surface);border:1px solid var(--rule);\
    border-radius:12px}
    .due li{display:flex;gap:12px;padding:12px 18px}
    .due li+li{border-top:1px solid var(--rule)}
    .due svg{margin-top:4px}
    .due p{margin:0;overflow-wrap:anywhere}
    .due .advice{color:var(--quiet);font-size:15px}
    .scroll{overflow-x:auto;margin-top:14px;background:var(--surface);border:1px solid var(--rule);border-radius:12px}
    table{border-collapse:collapse;width:100%;font-size:15px}
    caption{text-align:left;padding:12px 18px 4px;font-weight:600;font-size:15px}
    th,td{text-align:left;vertical-align:top;padding:8px 12px}
    th:first-child,td:first-child{padding-left:18px}
    th:last-child,td:last-child{padding-right:18px}
    thead th{color:var(--quiet);font-weight:600;font-size:14px;white-space:nowrap}
    tbody tr{border-top:1px solid var(--rule)}
    tbody th{font-weight:600}
    td,tbody th{overflow-wrap:anywhere;min-width:9em}
    tbody th{min-width:11em}
    th.number,td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;min-width:0}
    .date{white-space:nowrap;font-variant-numeric:tabular-nums}
    .state{display:inline-flex;gap:8px;align-items:center;white-space:nowrap}
    .ok-text{color:var(--ok)}.warn-text{color:var(--warn)}.bad-text{color:var(--bad)}
    details{margin-top:14px}
    summary{cursor:pointer;font-weight:600;color:var(--accent);width:fit-content;padding:4px 0}
    code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.92em;\
    overflow-wrap:anywhere}
    .command{display:inline-block;min-width:13em}
    footer{margin-top:48px;padding:16px 0 40px;color:var(--quiet);font-size:14px}
    @media (max-width:1000px){.figures{grid-template-columns:repeat(2,1fr)}.wide{display:none}
    .medium{display:block}}
    @media (max-width:640px){.wrap{padding:0 16px}header.wrap{padding-top:24px}h1{font-size:27px}
    .medium{display:none}.narrow{display:block;max-width:460px}section{margin-top:32px}}
    @media (max-width:420px){.figures .value{font-size:21px}.figures div{padding:11px 13px}}
    @media print{body{background:none}.skip,nav{display:none}.scroll,.figures div,.due{break-inside:avoid}}
    """
}
