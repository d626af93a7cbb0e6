/// How pages look, in light and dark.
enum PageStyle {
    /// Nothing is loaded, nothing runs; the style sheet below is let through by its digest, which a
    /// test compares.
    static let policy =
        "default-src 'none'; style-src 'sha256-\(digest)'; form-action 'self'; base-uri 'none'; "
        + "frame-ancestors 'none'"

    /// SHA-256 of `css`, in Base64.
    static let digest = "y3MTo+WT0gdb92bICPHuTGyjqx5o5HstR0EN84pIXgc="

    static let css = """
        :root { color-scheme: light dark; --ink: #1c2330; --soft: #5a6475; --line: #d9dee7;
          --paper: #f5f7fa; --card: #ffffff; --link: #1d4ed8; --code: #eef2f8; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf2; --soft: #9aa6ba;
          --line: #313a4a; --paper: #12161e; --card: #1a202b; --link: #8ab4ff; --code: #242c3a; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 46rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
        h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.15rem; margin: 2.25rem 0 .75rem; }
        p { margin: .5rem 0; }
        a { color: var(--link); }
        .soft { color: var(--soft); }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
          padding: .9rem 1.1rem; margin: .6rem 0; }
        p.card, .card > p:first-child { margin-top: 0; }
        .card > p:last-child { margin-bottom: 0; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .45rem 1.1rem; margin: 0; }
        dt { color: var(--soft); }
        dd { margin: 0; min-width: 0; }
        code { background: var(--code); border-radius: .3rem; padding: .12rem .4rem;
          font: .92em/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
          overflow-wrap: anywhere; user-select: all; box-decoration-break: clone;
          -webkit-box-decoration-break: clone; }
        ul.plain { list-style: none; }
        ul.plain > li { margin: 0; }
        ul.plain > li + li { border-top: 1px solid var(--line); margin-top: .8rem; padding-top: .8rem; }
        li { margin: .2rem 0; }
        .name { font-weight: 600; }
        svg { width: .8rem; height: .8rem; margin-right: .45rem; vertical-align: -.05em; }
        details { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
          margin: .5rem 0; }
        summary { cursor: pointer; padding: .65rem 1.1rem; font-weight: 600; }
        details > ol { margin: 0; padding: 0 1.1rem .9rem 2.5rem; }
        form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; margin: .4rem 0 0; }
        input, button { font: inherit; color: inherit; background: var(--card);
          border: 1px solid var(--soft); border-radius: .4rem; padding: .35rem .7rem; }
        input { flex: 1 1 14rem; min-width: 0; }
        ::placeholder { color: var(--soft); opacity: 1; }
        button { cursor: pointer; }
        button.main { background: var(--link); border-color: var(--link); color: var(--card); }
        :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        .row { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center;
          justify-content: space-between; }
        .row form { margin: 0; }
        ul + form { margin-top: .9rem; }
        .new { border-color: var(--link); border-width: 2px; }
        @media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: .1rem; }
          dd { margin-bottom: .6rem; } }
        """
}
