//! The parts of Markdown that the handbook uses: fenced blocks, headings and links.

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// The line of its opening fence, from 1.
    pub(crate) line: usize,
    /// The first word of the info string.
    pub(crate) language: String,
    /// `name=value` words of the info string; values may be quoted.
    pub(crate) attributes: Vec<(String, String)>,
    /// Its lines, each with its line ending.
    pub(crate) text: String,
    /// Whether only blank lines are between it and the block before.
    pub(crate) follows: bool,
}

impl Block {
    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A page, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Its fenced blocks, in order.
    pub(crate) blocks: Vec<Block>,
    /// The targets of its links, with the lines they are on.
    pub(crate) links: Vec<(usize, String)>,
    /// The anchors of its headings, as GitHub and mdBook make them.
    pub(crate) anchors: Vec<String>,
}

impl Page {
    pub(crate) fn read(text: &str) -> Self {
        let mut page = Self::default();
        let mut open: Option<Block> = None;
        let mut between = String::from("the start");
        let mut prose = String::new();
        for (number, line) in (1..).zip(text.lines()) {
            match (&mut open, line.strip_prefix("```")) {
                (Some(block), None) => block.text.extend([line, "\n"]),
                (Some(_), Some(_)) => {
                    page.blocks.extend(open.take());
                    between.clear();
                }
                (None, Some(info)) => open = Some(block(number, info, between.trim().is_empty())),
                (None, None) => {
                    between += line;
                    prose += line;
                    if let Some(heading) = line.strip_prefix('#') {
                        page.anchors
                            .push(anchor(heading.trim_start_matches('#').trim()));
                    }
                    page.links.extend(links(line).map(|link| (number, link)));
                }
            }
            prose.push('\n');
        }
        assert!(open.is_none(), "a block is not closed");
        page
    }
}

fn block(line: usize, info: &str, follows: bool) -> Block {
    let (language, mut rest) = info.split_once(' ').unwrap_or((info, ""));
    let mut attributes = Vec::new();
    while let Some((name, value)) = rest.trim_start().split_once('=') {
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("a closing quote"),
            None => value.split_once(' ').unwrap_or((value, "")),
        };
        attributes.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    assert!(rest.trim().is_empty(), "line {line}: stray {rest:?}");
    Block {
        line,
        language: language.to_owned(),
        attributes,
        text: String::new(),
        follows,
    }
}

/// The targets of `[text](target)`. A link whose text is broken over two lines ends in the second.
fn links(line: &str) -> impl Iterator<Item = String> {
    let targets = line.split("](").skip(1);
    targets.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned()))
}

fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

#[test]
fn a_page_is_taken_apart() {
    let page = Page::read(
        "# A `b`: c\nsee [x](y.md#z), [w](http://w)\n\n```sh norun=\"a b\" c=1\nls\n```\n\n\
         ```text\nout\n```\nprose\n```text\nother\n```\n",
    );
    assert_eq!(page.anchors, ["a-b-c"]);
    let links: Vec<_> = page.links.iter().map(|(_, link)| link.as_str()).collect();
    assert_eq!(links, ["y.md#z", "http://w"]);
    let [shell, output, other] = page.blocks.as_slice() else {
        panic!("{:?}", page.blocks)
    };
    assert_eq!((shell.line, shell.text.as_str()), (4, "ls\n"));
    assert_eq!(shell.attribute("norun"), Some("a b"));
    assert_eq!(shell.attribute("c"), Some("1"));
    assert!(output.follows && !other.follows);
}
