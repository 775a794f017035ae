//! Rewrites the SVG of ECharts into bytes that depend on nothing but the drawing.
//!
//! ECharts numbers its ids by instance, adds hover classes with a style sheet, attributes for its own
//! client script, and transparent shapes that catch the mouse. None of that belongs on paper.

use crate::{
    Error, Result, Size,
    font::{RAISED_MINUS, STANDS_FOR_RAISED_MINUS},
    status::Strip,
};

/// From the height of a hyphen to the middle of raised digits, for the size of the text.
const RISE: f64 = 0.26;

/// An SVG document as a tree; texts and attribute values stay escaped as they were.
#[derive(Debug, PartialEq)]
pub(crate) struct Document {
    children: Vec<Node>,
}

type Attributes = Vec<(String, String)>;

#[derive(Debug, PartialEq)]
enum Node {
    Text(String),
    Element { name: String, attributes: Attributes, children: Vec<Node> },
}

/// An element whose end tag has not been read yet.
struct Open {
    name: String,
    attributes: Attributes,
    children: Vec<Node>,
}

impl Document {
    /// Reads what ECharts writes: elements, quoted attributes, text and CDATA. An error gives the
    /// byte at which the text is something else.
    pub fn parse(svg: &str) -> Result<Self> {
        let mut reader = Reader { text: svg, offset: 0 };
        let mut open: Vec<Open> = Vec::new();
        loop {
            reader.take_text(open.last_mut());
            if reader.rest().is_empty() {
                return Err(reader.error("the document ends within an element"));
            }
            let finished = if reader.skip("<![CDATA[") {
                reader.until("]]>")?;
                continue;
            } else if reader.skip("</") {
                let name = reader.until(">")?.trim_end();
                match open.pop() {
                    Some(element) if element.name == name => element,
                    Some(element) => {
                        return Err(reader.error(&format!("`{}` is closed as `{name}`", element.name)));
                    }
                    None => return Err(reader.error("an end tag without a start tag")),
                }
            } else {
                let (element, closed) = reader.start_tag()?;
                if !closed {
                    open.push(element);
                    continue;
                }
                element
            };
            let Open { name, attributes, children } = finished;
            match open.last_mut() {
                Some(parent) => parent.children.push(Node::Element { name, attributes, children }),
                None if name == "svg" => return Ok(Self { children }),
                None => return Err(reader.error("the root is not `svg`")),
            }
        }
    }

    /// Drops what is not drawn, and numbers the ids in order of appearance after `prefix`.
    pub fn canonical(mut self, prefix: &str) -> Self {
        self.children.retain(Node::is_drawn);
        let mut ids = Ids { prefix, known: Vec::new() };
        for child in &mut self.children {
            child.clean();
            child.renumber(&mut ids);
        }
        self
    }

    /// The SVG text, with title and description, and a status strip above the drawing.
    pub fn write(&self, title: &str, alt: &str, size: Size, strip: Option<Strip>) -> String {
        let above = strip.as_ref().map_or(0.0, Strip::height);
        let (width, height) = (size.width, size.height + above);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<desc>{}</desc>\n",
            escape(title),
            escape(alt),
        );
        if let Some(strip) = &strip {
            out.push_str(&strip.svg());
            out.push_str(&format!("<g transform=\"translate(0 {above})\">\n"));
        }
        for child in &self.children {
            child.write(&mut out);
        }
        if strip.is_some() {
            out.push_str("</g>\n");
        }
        out.push_str("</svg>\n");
        out
    }
}

impl Node {
    fn attribute(&self, name: &str) -> Option<&str> {
        match self {
            Node::Element { attributes, .. } => {
                attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
            }
            Node::Text(_) => None,
        }
    }

    fn is_drawn(&self) -> bool {
        let unseen = |paint: &str| matches!(self.attribute(paint), None | Some("none" | "transparent"));
        match self {
            Node::Text(_) => true,
            Node::Element { name, .. } if name == "style" => false,
            // Without a fill attribute a shape is black, but ECharts always writes one.
            Node::Element { name, .. } if name == "path" || name == "rect" => {
                self.attribute("fill").is_none() || !unseen("fill") || !unseen("stroke")
            }
            Node::Element { name, children, .. } if name == "g" => children.iter().any(Node::is_drawn),
            Node::Element { .. } => true,
        }
    }

    fn clean(&mut self) {
        let Node::Element { attributes, children, .. } = self else {
            if let Node::Text(text) = self {
                *text = raised(text);
            }
            return;
        };
        attributes.retain(|(name, _)| name != "class" && !name.starts_with("ecmeta"));
        for (name, value) in attributes {
            if (name == "fill" || name == "stroke") && value == "transparent" {
                *value = "none".into();
            } else if name == "xlink:href" {
                *name = "href".into();
            }
        }
        children.retain(Node::is_drawn);
        children.iter_mut().for_each(Node::clean);
    }

    fn renumber(&mut self, ids: &mut Ids) {
        let Node::Element { attributes, children, .. } = self else { return };
        for (name, value) in attributes {
            if name == "id" {
                *value = ids.canonical(value);
            } else if let Some(id) = value.strip_prefix("url(#").and_then(|v| v.strip_suffix(')')) {
                *value = format!("url(#{})", ids.canonical(id));
            } else if let (true, Some(id)) = (name == "href", value.strip_prefix('#')) {
                *value = format!("#{}", ids.canonical(id));
            }
        }
        for child in children {
            child.renumber(ids);
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Node::Text(text) => out.push_str(text),
            Node::Element { name, attributes, children } => {
                out.push('<');
                out.push_str(name);
                for (key, value) in attributes {
                    out.push_str(&format!(" {key}=\"{value}\""));
                }
                if children.is_empty() {
                    out.push_str("/>\n");
                    return;
                }
                out.push('>');
                if children.iter().all(|child| matches!(child, Node::Element { .. })) {
                    out.push('\n');
                }
                for child in children {
                    child.write(out);
                }
                out.push_str(&format!("</{name}>\n"));
            }
        }
    }
}

/// A text with each raised minus set as a raised hyphen: the typeface has no other.
fn raised(text: &str) -> String {
    let mut parts = text.split(RAISED_MINUS);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for after in parts {
        out.push_str(&format!(
            "<tspan dy=\"-{RISE}em\">{STANDS_FOR_RAISED_MINUS}</tspan><tspan dy=\"{RISE}em\">{after}</tspan>"
        ));
    }
    out
}

struct Ids<'a> {
    prefix: &'a str,
    known: Vec<String>,
}

impl Ids<'_> {
    fn canonical(&mut self, id: &str) -> String {
        let number = self.known.iter().position(|known| known == id).unwrap_or_else(|| {
            self.known.push(id.to_owned());
            self.known.len() - 1
        });
        format!("{}-{number}", self.prefix)
    }
}

struct Reader<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn error(&self, problem: &str) -> Error {
        Error::Svg { offset: self.offset, problem: problem.into() }
    }

    fn skip(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.offset += token.len();
        }
        found
    }

    /// Everything before `end`, which is passed over.
    fn until(&mut self, end: &str) -> Result<&'a str> {
        let rest = self.rest();
        let length = rest.find(end).ok_or_else(|| self.error(&format!("`{end}` is missing")))?;
        self.offset += length + end.len();
        Ok(&rest[..length])
    }

    /// Text up to the next tag; blanks between elements are dropped.
    fn take_text(&mut self, parent: Option<&mut Open>) {
        let rest = self.rest();
        let text = &rest[..rest.find('<').unwrap_or(rest.len())];
        self.offset += text.len();
        if let (Some(parent), false) = (parent, text.trim().is_empty()) {
            parent.children.push(Node::Text(text.to_owned()));
        }
    }

    /// The element that begins here, and whether it ends here too.
    fn start_tag(&mut self) -> Result<(Open, bool)> {
        if !self.skip("<") {
            return Err(self.error("a tag was expected"));
        }
        let mut element = Open { name: self.name()?, attributes: Vec::new(), children: Vec::new() };
        loop {
            self.skip_blanks();
            if self.skip("/>") {
                return Ok((element, true));
            }
            if self.skip(">") {
                return Ok((element, false));
            }
            let key = self.name()?;
            if !self.skip("=\"") {
                return Err(self.error("a quoted value was expected"));
            }
            element.attributes.push((key, self.until("\"")?.to_owned()));
        }
    }

    fn skip_blanks(&mut self) {
        let rest = self.rest();
        self.offset += rest.len() - rest.trim_start().len();
    }

    fn name(&mut self) -> Result<String> {
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        let name = &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
        if name.is_empty() {
            return Err(self.error("a name was expected"));
        }
        self.offset += name.len();
        Ok(name.to_owned())
    }
}

/// Text as it stands in XML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(content: &str) -> String {
        let svg = format!("<svg width=\"9\">\n{content}\n</svg>");
        let document = Document::parse(&svg).expect("well-formed");
        let mut out = String::new();
        document.canonical("fig").children.iter().for_each(|child| child.write(&mut out));
        out
    }

    #[test]
    fn ids_follow_the_order_of_appearance() {
        let drawn = canonical(
            "<g clip-path=\"url(#zr7-c3)\"><path d=\"M0 0\" fill=\"url(#zr7-g0)\"></path></g>\
             <defs ><clipPath id=\"zr7-c3\"><path d=\"M1 1\" fill=\"#000\"></path></clipPath></defs>",
        );
        assert_eq!(
            drawn,
            "<g clip-path=\"url(#fig-0)\">\n<path d=\"M0 0\" fill=\"url(#fig-1)\"/>\n</g>\n\
             <defs>\n<clipPath id=\"fig-0\">\n<path d=\"M1 1\" fill=\"#000\"/>\n</clipPath>\n</defs>\n"
        );
    }

    #[test]
    fn what_is_not_drawn_is_dropped() {
        let drawn = canonical(
            "<style ><![CDATA[ .zr0-cls-0:hover { } ]]></style>\
             <g><path d=\"M0 0\" fill=\"transparent\" class=\"x\"></path></g>\
             <path d=\"M1 1\" fill=\"transparent\" stroke=\"#333\" class=\"zr0-cls-0\" ecmeta_data_index=\"1\"></path>\
             <rect width=\"9\" fill=\"none\"></rect>",
        );
        assert_eq!(drawn, "<path d=\"M1 1\" fill=\"none\" stroke=\"#333\"/>\n");
    }

    #[test]
    fn texts_are_kept_as_they_are() {
        assert_eq!(canonical("<text x=\"1\">a &lt; b </text>"), "<text x=\"1\">a &lt; b </text>\n");
    }

    #[test]
    fn a_raised_minus_is_a_raised_hyphen() {
        let drawn = canonical("<text>10⁻³</text>");
        assert_eq!(drawn, "<text>10<tspan dy=\"-0.26em\">-</tspan><tspan dy=\"0.26em\">³</tspan></text>\n");
    }

    #[test]
    fn errors_name_the_byte() {
        let offset = |svg| match Document::parse(svg) {
            Err(Error::Svg { offset, .. }) => Some(offset),
            _ => None,
        };
        assert_eq!(offset("<svg><g></svg>"), Some(14));
        assert_eq!(offset("<svg><g a=1></g></svg>"), Some(9));
        assert_eq!(offset("<svg>"), Some(5));
        assert_eq!(offset("<svg><![CDATA[ </svg>"), Some(14));
        assert_eq!(offset(""), Some(0));
        assert_eq!(offset("</svg>"), Some(6));
    }

    #[test]
    fn title_and_description_are_escaped() {
        let document = Document { children: Vec::new() };
        let svg = document.write("a < b", "\"x\" & y", Size::pt(10.0, 20.0), None);
        assert!(svg.contains("<title>a &lt; b</title>\n<desc>&quot;x&quot; &amp; y</desc>"), "{svg}");
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"20\""));
    }
}
