//! From when to when a certificate holds (RFC 5280, 4.1.2.5).

use peerpool_access::Moment;
use yasna::{
    ASN1Result, BERReader, Tag,
    models::{GeneralizedTime, UTCTime},
    tags::TAG_UTCTIME,
};

/// From when to when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: Moment,
    pub(super) until: Moment,
}

impl Validity {
    /// Of a certificate in DER; `None` if it is none.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let read = yasna::parse_der(certificate, |whole| {
            whole.read_sequence(|parts| {
                let validity = parts.next().read_sequence(|fields| {
                    // The version, the serial number, the algorithm of the signature, and who signs.
                    fields.read_optional(|version| {
                        version.read_tagged(Tag::context(0), |number| number.read_der()).map(drop)
                    })?;
                    for _ in 0..3 {
                        fields.next().read_der()?;
                    }
                    let validity = fields.next().read_sequence(|times| {
                        Ok(Self { from: moment(times.next())?, until: moment(times.next())? })
                    })?;
                    while fields.read_optional(|field| field.read_der())?.is_some() {}
                    Ok(validity)
                })?;
                parts.next().read_der()?;
                parts.next().read_der()?;
                Ok(validity)
            })
        });
        read.ok()
    }
}

fn moment(reader: BERReader<'_, '_>) -> ASN1Result<Moment> {
    let seconds = match reader.lookahead_tag()? {
        TAG_UTCTIME => UTCTime::datetime(&reader.read_utctime()?).unix_timestamp(),
        _ => GeneralizedTime::datetime(&reader.read_generalized_time()?).unix_timestamp(),
    };
    Ok(Moment(u64::try_from(seconds).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn made(until: i32) -> Vec<u8> {
        let mut params = CertificateParams::new(["pool.example".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2026, 3, 1), date_time_ymd(until, 3, 1));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_says_from_when_to_when_it_holds() {
        let from = Moment(1_772_323_200);
        assert_eq!(Validity::of(&made(2027)), Some(Validity { from, until: Moment(1_803_859_200) }));
        // From 2050 on, the year has four digits.
        assert_eq!(Validity::of(&made(2050)), Some(Validity { from, until: Moment(2_529_705_600) }));
    }

    #[test]
    fn what_is_cut_off_or_something_else_says_nothing() {
        let whole = made(2027);
        for end in [0, 1, 10, 100, whole.len() - 1] {
            assert_eq!(Validity::of(&whole[..end]), None);
        }
        assert_eq!(Validity::of(b"-----BEGIN CERTIFICATE-----"), None);
    }
}
