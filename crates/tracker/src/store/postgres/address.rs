//! Where databases are, as people write it: URLs, and the passwords that a file has for them.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use tokio_postgres::config::{Config, Host, SslMode};

use super::tls::Security;

/// How long connecting may take, to each address of a host.
const CONNECT: Duration = Duration::from_secs(2);
/// How soon a connection counts as broken when nothing comes back.
const KEEPALIVE: Duration = Duration::from_secs(5);
const KEEPALIVE_TRIES: u32 = 3;
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);

/// The addresses of one database: of the server that takes changes, and of those that may take its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Database {
    addresses: Vec<Address>,
}

/// The address of one server, and who asks there.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) security: Security,
    host: String,
    port: u16,
    name: String,
}

/// Why an address of a database cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseError {
    /// It is no URL of PostgreSQL.
    #[error("it has to be postgres://USER@HOST:PORT/DATABASE, or several of these with commas between them")]
    NoUrl,
    /// Something in it is wrong. The URL itself is not repeated, since it may have a password in it.
    #[error("{0}")]
    Malformed(String),
    /// What it says of TLS makes no sense.
    #[error(
        "`sslmode` is `require` or `verify-full` on a TCP connection, and `sslrootcert` belongs to `verify-full`; without \
         them nothing is encrypted"
    )]
    Tls,
    /// The file of passwords cannot be used.
    #[error("the file of passwords {}: {reason}", path.display())]
    Passwords {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        let mut addresses = Vec::new();
        for url in urls(text)? {
            let (url, security) = security(url)?;
            let config = Config::from_str(&url).map_err(malformed)?;
            addresses.extend(each_host(&config, &security)?);
        }
        Ok(Self { addresses })
    }
}

/// A comma is between URLs where another URL begins, and else between the hosts of one.
fn urls(text: &str) -> Result<Vec<&str>, DatabaseError> {
    let begins = |text: &str| ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    let (mut urls, mut rest) = (Vec::new(), text.trim());
    while begins(rest) {
        let end = rest.match_indices(',').map(|(at, _)| at).find(|at| begins(rest[at + 1..].trim_start()));
        let end = end.unwrap_or(rest.len());
        urls.push(rest[..end].trim_end());
        rest = rest.get(end + 1..).unwrap_or_default().trim_start();
    }
    if rest.is_empty() && !urls.is_empty() { Ok(urls) } else { Err(DatabaseError::NoUrl) }
}

fn malformed(error: tokio_postgres::Error) -> DatabaseError {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    DatabaseError::Malformed(cause.unwrap_or_else(|| error.to_string()))
}

/// A URL without what it says of TLS, and that. A path stands there as it is.
fn security(url: &str) -> Result<(String, Security), DatabaseError> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut rest, mut mode, mut authorities) = (Vec::new(), None, None);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value),
            Some(("sslrootcert", path)) => authorities = Some(PathBuf::from(path)),
            _ => rest.push(parameter),
        }
    }
    let security = match (mode, authorities) {
        (None | Some("disable"), None) => Security::Plain,
        (Some("require"), None) => Security::Encrypted,
        (Some("verify-full"), authorities) => Security::Verified { authorities },
        _ => return Err(DatabaseError::Tls),
    };
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok((format!("{address}{query}"), security))
}

/// One address for each host that a URL names.
fn each_host(config: &Config, security: &Security) -> Result<Vec<Address>, DatabaseError> {
    let is_secure = *security != Security::Plain;
    #[cfg(unix)]
    if is_secure && config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_))) {
        return Err(DatabaseError::Tls);
    }
    let mode = if is_secure { SslMode::Require } else { SslMode::Disable };
    let name = config.get_dbname().or(config.get_user()).unwrap_or_default().to_owned();
    if config.get_hosts().is_empty() || name.is_empty() || name.contains(',') {
        return Err(DatabaseError::NoUrl);
    }
    let ports = config.get_ports();
    let addresses = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let port = ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let mut one = Config::new();
        one.dbname(&name).ssl_mode(mode).port(port).connect_timeout(CONNECT);
        one.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE).keepalives_retries(KEEPALIVE_TRIES);
        one.tcp_user_timeout(UNACKNOWLEDGED);
        config.get_user().map(|user| one.user(user));
        config.get_password().map(|password| one.password(password));
        config.get_options().map(|options| one.options(options));
        let host = match host {
            Host::Tcp(host) => {
                one.host(host);
                host.clone()
            }
            #[cfg(unix)]
            Host::Unix(folder) => {
                one.host_path(folder);
                folder.display().to_string()
            }
        };
        Address { config: one, security: security.clone(), host, port, name: name.clone() }
    });
    Ok(addresses.collect())
}

impl Database {
    pub(super) fn into_addresses(self) -> Vec<Address> {
        self.addresses
    }

    /// Takes passwords that the URLs do not have from the file that `$PGPASSFILE` names, or from `~/.pgpass`.
    ///
    /// # Errors
    ///
    /// [`DatabaseError::Passwords`] when there is such a file that cannot be read, or that others can read.
    pub fn with_passwords_of_the_user(self) -> Result<Self, DatabaseError> {
        let named = std::env::var_os("PGPASSFILE").filter(|name| !name.is_empty()).map(PathBuf::from);
        let users =
            || Some(PathBuf::from(std::env::var_os("HOME")?).join(".pgpass")).filter(|path| path.exists());
        match named.or_else(users) {
            Some(path) => self.with_passwords_of(path),
            None => Ok(self),
        }
    }

    fn with_passwords_of(mut self, path: PathBuf) -> Result<Self, DatabaseError> {
        let failed = |reason: String| DatabaseError::Passwords { path: path.clone(), reason };
        let text = std::fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let meta = std::fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
            if meta.permissions().mode() & 0o077 != 0 {
                return Err(failed("others can read it: `chmod 600` it".to_owned()));
            }
        }
        for address in self.addresses.iter_mut().filter(|address| address.config.get_password().is_none()) {
            if let Some(password) = text.lines().find_map(|line| address.password_in(line)) {
                address.config.password(password);
            }
        }
        Ok(self)
    }
}

impl Address {
    /// The password of a line `host:port:database:user:password` that is for this address (PostgreSQL, "The Password File").
    fn password_in(&self, line: &str) -> Option<String> {
        if line.starts_with('#') {
            return None;
        }
        let fields: [String; 5] = fields(line).try_into().ok()?;
        let user = self.config.get_user().unwrap_or_default();
        let wanted = [self.host.as_str(), &self.port.to_string(), &self.name, user];
        let fits = fields.iter().zip(wanted).all(|(said, wanted)| said == "*" || said == wanted);
        let [.., password] = fields;
        fits.then_some(password)
    }
}

/// The five parts of a line; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match char {
            ':' if fields.len() < 5 => fields.push(String::new()),
            char => {
                let char = if char == '\\' { chars.next().unwrap_or(char) } else { char };
                fields.iter_mut().next_back().into_iter().for_each(|field| field.push(char));
            }
        }
    }
    fields
}

/// Without the password.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, name, config, security } = self;
        let user = config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        if host.starts_with('/') {
            write!(f, "postgres://{user}{}:{port}/{name}", host.replace('/', "%2F"))
        } else if host.contains(':') {
            write!(f, "postgres://{user}[{host}]:{port}/{name}")
        } else {
            write!(f, "postgres://{user}{host}:{port}/{name}")
        }?;
        match security {
            Security::Plain => Ok(()),
            Security::Encrypted => f.write_str("?sslmode=require"),
            Security::Verified { authorities: None } => f.write_str("?sslmode=verify-full"),
            Security::Verified { authorities: Some(path) } => {
                write!(f, "?sslmode=verify-full&sslrootcert={}", path.display())
            }
        }
    }
}

/// Without passwords.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, address) in self.addresses.iter().enumerate() {
            if at > 0 {
                f.write_str(",")?;
            }
            write!(f, "{address}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(text: &str) -> Database {
        text.parse().unwrap()
    }

    #[test]
    fn every_host_of_every_url_is_an_address() {
        let shown = |text: &str| database(text).to_string();
        assert_eq!(shown("postgres://ann@a/pool"), "postgres://ann@a:5432/pool");
        let two = "postgres://ann@a:5432/pool,postgres://ann@b:5433/pool";
        for text in [
            two,
            "postgres://ann@a/pool, postgresql://ann@b:5433/pool",
            "postgres://ann@a:5432,b:5433/pool",
            "postgres://ann:secret@a/pool,postgres://ann:secret@b:5433/pool",
        ] {
            assert_eq!(shown(text), two, "{text}");
        }
        let socket = "postgres://ann@%2Frun%2Fpostgresql:5432/pool";
        assert_eq!(shown(socket), socket);
        assert_eq!(shown("postgres://ann@[::1]/pool"), "postgres://ann@[::1]:5432/pool");
    }

    #[test]
    fn what_is_shown_is_understood_again_and_has_no_password() {
        for text in
            ["postgres://ann:secret@a/pool", "postgres://ann:secret@%2Frun/pool,postgres://b@[::1]:1/x"]
        {
            let shown = database(text).to_string();
            assert!(!shown.contains("secret") && !format!("{:?}", database(text)).contains("secret"));
            assert_eq!(database(&shown).to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for text in ["", "mysql://a/b", "host=a dbname=b", "postgres://a/b,", "postgres:///b"] {
            assert_eq!(Database::from_str(text), Err(DatabaseError::NoUrl), "{text}");
        }
        let error = Database::from_str("postgres://ann:secret@a:port/pool").unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
        for tls in [
            "sslmode=prefer",
            "sslmode=verify-ca",
            "sslrootcert=/ca.pem",
            "sslmode=require&sslrootcert=/ca.pem",
        ] {
            assert_eq!(
                Database::from_str(&format!("postgres://a/b?{tls}")),
                Err(DatabaseError::Tls),
                "{tls}"
            );
        }
        let socket = "postgres://a@%2Frun/b?sslmode=require";
        assert_eq!(Database::from_str(socket), Err(DatabaseError::Tls));
    }

    #[test]
    fn what_a_url_says_of_tls_is_shown_and_understood_again() {
        for text in [
            "postgres://ann@a:5432/pool?sslmode=require",
            "postgres://ann@a:5432/pool?sslmode=verify-full",
            "postgres://ann@a:5432/pool?sslmode=verify-full&sslrootcert=/etc/ca.pem,postgres://ann@b:5432/pool",
        ] {
            assert_eq!(database(text).to_string(), text);
        }
        let authorities = Some(PathBuf::from("/etc/ca.pem"));
        let read =
            database("postgres://ann@a/pool?sslrootcert=/etc/ca.pem&options=-cx%3D1&sslmode=verify-full");
        assert_eq!(read.addresses[0].security, Security::Verified { authorities });
        assert_eq!(read.addresses[0].config.get_options(), Some("-cx=1"));
    }

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        std::fs::write(
            &path,
            "# a:5432:pool:ann:no\nb:*:*:*:of b\na:5432:pool:ann:s\\:e\\\\c:ret\n*:*:*:*:any\n",
        )
        .unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            mode(0o644);
            let refused = database("postgres://ann@a/pool").with_passwords_of(path.clone()).unwrap_err();
            assert!(refused.to_string().contains("chmod 600"), "{refused}");
            mode(0o600);
        }
        let read = database("postgres://ann@a/pool,postgres://b@b/x,postgres://c@c/x,postgres://d:own@a/x");
        let read = read.with_passwords_of(path).unwrap();
        let passwords =
            read.addresses.iter().map(|address| address.config.get_password().unwrap_or_default());
        assert_eq!(passwords.collect::<Vec<_>>(), [&b"s:e\\c:ret"[..], b"of b", b"any", b"own"]);
    }
}
