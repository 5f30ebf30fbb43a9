//! What the owner of a peer ought to know of.

use peerpool_api::Problem;

use super::text::safe;

/// A list of problems.
pub fn problems(problems: &[Problem]) -> String {
    match problems {
        [] => "no problems".to_owned(),
        some => some.iter().map(problem_line).collect::<Vec<_>>().join("\n"),
    }
}

/// One problem in a line.
pub fn problem_line(problem: &Problem) -> String {
    safe(&problem.to_string())
}
