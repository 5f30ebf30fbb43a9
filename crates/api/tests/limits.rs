//! Which limits apply when.

#![allow(clippy::unwrap_used, reason = "a test")]

use peerpool_api::{Between, Day, LimitRates, Limits, LimitsError, Schedule};

fn schedule(between: &str, days: &[Day], down: u64) -> Schedule {
    let rates = LimitRates { down: Some(down), ..LimitRates::default() };
    Schedule { between: between.parse().unwrap(), days: days.to_vec(), rates }
}

fn applying(schedules: &[Schedule], day: Day, clock: &str) -> Option<u64> {
    let limits = Limits { schedules: schedules.to_vec(), ..Limits::default() };
    let (hours, minutes) = clock.split_once(':').unwrap();
    let minute = hours.parse::<u16>().unwrap() * 60 + minutes.parse::<u16>().unwrap();
    limits.schedule_at(day, minute).and_then(|schedule| schedule.rates.down)
}

#[test]
fn a_schedule_applies_from_its_first_minute_to_before_its_last() {
    let work = [schedule("08:00-18:00", &[], 1)];
    let at = |clock| applying(&work, Day::Wed, clock).is_some();
    assert_eq!(["07:59", "08:00", "17:59", "18:00"].map(at), [false, true, true, false]);
}

#[test]
fn a_schedule_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let friday_night = [schedule("22:00-06:00", &[Day::Fri], 1)];
    let at = |day, clock| applying(&friday_night, day, clock).is_some();
    assert!(at(Day::Fri, "22:00") && at(Day::Sat, "05:59"));
    assert!(!at(Day::Fri, "05:00") && !at(Day::Sat, "22:00") && !at(Day::Sat, "06:00"));
    let sunday_night = [schedule("22:00-06:00", &[Day::Sun], 1)];
    assert!(applying(&sunday_night, Day::Mon, "00:00").is_some());
    assert!(applying(&[schedule("00:00-00:00", &[], 1)], Day::Mon, "12:00").is_some(), "the whole day");
}

#[test]
fn the_first_schedule_that_applies_counts() {
    let both = [schedule("08:00-12:00", &[], 1), schedule("00:00-23:59", &[], 2)];
    assert_eq!(applying(&both, Day::Tue, "09:00"), Some(1));
    assert_eq!(applying(&both, Day::Tue, "13:00"), Some(2));
}

#[test]
fn a_part_of_the_day_is_written_as_it_is_read_and_nothing_else_is_read() {
    for text in ["08:00-18:00", "22:30-06:05", "00:00-23:59"] {
        assert_eq!(text.parse::<Between>().unwrap().to_string(), text);
    }
    for text in ["", "8-18", "08:00", "24:00-01:00", "08:60-09:00", "08:00-18:00-20:00", "+8:00-09:00"] {
        assert!(text.parse::<Between>().is_err(), "{text}");
    }
}

#[test]
fn limits_under_which_nothing_would_arrive_are_refused() {
    let with =
        |up| Limits { rates: LimitRates { up: Some(up), ..LimitRates::default() }, ..Limits::default() };
    assert_eq!(with(1023).check(), Err(LimitsError::TooLow(1023)));
    assert_eq!(with(1024).check(), Ok(()));
    let many = Limits { schedules: vec![schedule("08:00-18:00", &[], 2000); 33], ..Limits::default() };
    assert_eq!(many.check(), Err(LimitsError::TooMany(33)));
}

#[test]
fn limits_are_json_with_rates_and_schedules_side_by_side() {
    let text = r#"{"down":1250000,"schedules":[{"between":"08:00-18:00","days":["mon","fri"],"up":100000}]}"#;
    let limits: Limits = serde_json::from_str(text).unwrap();
    assert_eq!(limits.rates.down, Some(1_250_000));
    assert_eq!(limits.schedules[0].rates, LimitRates { up: Some(100_000), ..LimitRates::default() });
    let again: Limits = serde_json::from_str(&serde_json::to_string(&limits).unwrap()).unwrap();
    assert_eq!(again, limits);
}
