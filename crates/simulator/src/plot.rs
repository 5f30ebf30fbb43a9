//! The curve of a run as a picture.

use std::fmt::Write;

use crate::world::Report;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 44.0;
const BOTTOM: f64 = 46.0;

/// Draws which share of the pieces the peers have, and which share of the peers has everything, over time; the
/// lower bound is a dashed line. An SVG file.
pub fn svg(report: &Report) -> String {
    let end = report.times.last.max(report.bound).max(report.curve.time.last().copied().unwrap_or(0.0));
    let plane = Plane { end: end * 1.02 };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\" font-size=\"14\">{}: {} peers, {} pieces</text>\n",
        escape(&report.about),
        report.peers,
        report.pieces,
    );
    plane.axes(&mut svg);
    let pieces = report.curve.time.iter().copied().zip(report.curve.done.iter().copied());
    plane.line(&mut svg, "#1f6feb", pieces);
    let peers = f64::from(report.peers);
    let finished = (1..).zip(&report.completions).map(|(nth, time)| (*time, f64::from(nth) / peers));
    plane.line(&mut svg, "#2da44e", steps(finished));
    let bound = plane.x(report.bound);
    let _ = writeln!(
        svg,
        "<line x1=\"{bound:.1}\" y1=\"{TOP}\" x2=\"{bound:.1}\" y2=\"{:.1}\" stroke=\"#cf222e\" stroke-dasharray=\"4 3\"/>",
        HEIGHT - BOTTOM,
    );
    legend(&mut svg);
    svg + "</svg>\n"
}

/// A curve that rises at each point, beginning at zero.
fn steps(points: impl Iterator<Item = (f64, f64)>) -> impl Iterator<Item = (f64, f64)> {
    let mut height = 0.0;
    points.flat_map(move |(x, y)| {
        let before = std::mem::replace(&mut height, y);
        [(x, before), (x, y)]
    })
}

fn legend(svg: &mut String) {
    let entries = [("#1f6feb", "pieces"), ("#2da44e", "peers with everything"), ("#cf222e", "lower bound")];
    for (x, (colour, text)) in (0..).map(|nth| LEFT + 150.0 * f64::from(nth)).zip(entries) {
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"36\" fill=\"{colour}\">{text}</text>");
    }
}

/// Where values lie on the page: seconds to the right, shares upwards.
struct Plane {
    end: f64,
}

impl Plane {
    fn x(&self, secs: f64) -> f64 {
        LEFT + secs / self.end.max(1e-9) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, share: f64) -> f64 {
        HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)
    }

    fn axes(&self, svg: &mut String) {
        for nth in 0..=4 {
            let (share, secs) = (f64::from(nth) / 4.0, self.end * f64::from(nth) / 4.0);
            let (x, y) = (self.x(secs), self.y(share));
            let _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"#d0d7de\"/>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{:.0} %</text>\n\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{secs:.1} s</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0,
                share * 100.0,
                HEIGHT - BOTTOM + 18.0,
            );
        }
    }

    fn line(&self, svg: &mut String, colour: &str, points: impl Iterator<Item = (f64, f64)>) {
        let mut path = String::new();
        for (secs, share) in points {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{command}{:.1} {:.1}", self.x(secs), self.y(share));
        }
        let _ = writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
