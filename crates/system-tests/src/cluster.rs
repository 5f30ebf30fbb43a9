//! Several trackers that are one pool, on a PostgreSQL and its standby.

use std::{
    env,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    process,
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
    },
};

use peerpool_api::{Item, ItemQuery, TrackerClient};
use tokio::runtime::{Builder, Runtime};

use crate::{
    Inside, Network, PATIENCE, PeerBuilder, Pool, Postgres, Program, Signal, http_get, pool::binary, until,
};

/// How many nodes.
pub const NODES: usize = 3;

/// The hosts of a cluster whose nodes have hosts of their own: 1 to 3 are those of the nodes.
const DATABASE: u8 = 4;
const REST: u8 = 5;

/// Three nodes, and what they keep. Declare it first: it must outlive its peers.
#[derive(Debug)]
pub struct Cluster {
    nodes: Vec<Node>,
    pool: Pool,
    runtime: Runtime,
    here: IpAddr,
    primary: Postgres,
    standby: Postgres,
    // This thread goes back before the hosts are gone.
    _inside: Option<Inside>,
    network: Option<Network>,
}

/// A tracker of several.
#[derive(Debug)]
struct Node {
    address: SocketAddr,
    data: PathBuf,
    through: Vec<String>,
    client: TrackerClient,
    program: Mutex<Option<Program>>,
}

impl Cluster {
    /// Starts one on this machine. `None`, said on standard output, where PostgreSQL is not installed, or the machine has no
    /// address of its own.
    pub fn start() -> Option<Self> {
        Self::start_of(&binary())
    }

    /// The same with the binary of an earlier release, if `$PEERPOOL_BEFORE` names one; says which.
    pub fn start_of_before() -> Option<Self> {
        let before = env::var_os("PEERPOOL_BEFORE").map_or_else(binary, PathBuf::from);
        println!("the nodes begin with {}", before.display());
        Self::start_of(&before)
    }

    fn start_of(binary: &Path) -> Option<Self> {
        let Some(here) = own_address() else {
            println!("SKIPPED: Transmission connects to no loopback address, and this machine has no other");
            return None;
        };
        let nodes = free_ports(NODES).into_iter().map(|port| (SocketAddr::new(here, port), Vec::new()));
        let nodes = nodes.collect();
        Self::open(binary, nodes, (here, Vec::new()), here, None)
    }

    /// Starts one whose nodes have hosts of their own, as the database has; everything else is on one more, to which
    /// this thread moves. `None`, said on standard output, where that is not possible.
    pub fn start_on_hosts() -> Option<Self> {
        let network = Network::of(REST)?;
        let nodes = (1..=NODES as u8).zip(free_ports(NODES));
        let nodes = nodes
            .map(|(host, port)| (SocketAddr::new(network.address(host), port), network.on(host).to_vec()));
        let (nodes, database) = (nodes.collect(), (network.address(DATABASE), network.on(DATABASE).to_vec()));
        let here = network.address(REST);
        Self::open(&binary(), nodes, database, here, Some(network))
    }

    fn open(
        binary: &Path,
        nodes: Vec<(SocketAddr, Vec<String>)>,
        (host, through): (IpAddr, Vec<String>),
        here: IpAddr,
        network: Option<Network>,
    ) -> Option<Self> {
        let ports = free_ports(2);
        let primary = Postgres::start(host, ports[0], &through)?;
        let standby = primary.follower(ports[1]);
        let pool = Pool::without_tracker();
        let node = |(number, (address, through)): (u32, (SocketAddr, _))| {
            let data = pool.path(&format!("node-{number}"));
            let client = TrackerClient::new(address.to_string().parse().unwrap()).unwrap();
            Node { address, data, through, client, program: Mutex::default() }
        };
        let nodes = (1..).zip(nodes).map(node).collect();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let inside = network.as_ref().map(|network| network.enter(REST));
        let cluster = Self { nodes, pool, runtime, here, primary, standby, _inside: inside, network };
        (1..=NODES).for_each(|number| cluster.spawn_node(number, binary));
        cluster.all_linked();
        Some(cluster)
    }

    /// Folder and surroundings.
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The hosts, if the nodes have hosts of their own.
    pub fn network(&self) -> &Network {
        self.network.as_ref().unwrap()
    }

    /// The database that takes changes at first, and the one that follows it.
    pub fn databases(&self) -> (&Postgres, &Postgres) {
        (&self.primary, &self.standby)
    }

    /// The address of what is no node.
    pub fn here(&self) -> IpAddr {
        self.here
    }

    /// Where a node is, of 1 to 3.
    pub fn address(&self, number: usize) -> SocketAddr {
        self.nodes[number - 1].address
    }

    /// Where all nodes are, a given one first.
    pub fn addresses_from(&self, number: usize) -> Vec<SocketAddr> {
        (number..number + NODES).map(|number| self.address((number - 1) % NODES + 1)).collect()
    }

    /// A peer to come, which knows all nodes and begins with a given one.
    pub fn peer(&self, name: &str, number: usize) -> PeerBuilder<'_> {
        self.pool.peer(name).listening(self.here()).tracked_by(self.addresses_from(number))
    }

    /// Starts a node that does not run, and waits until it and the others know each other.
    pub fn start_node(&self, number: usize) {
        self.spawn_node(number, &binary());
        self.all_linked();
    }

    /// Kills a node with SIGKILL.
    pub fn kill_node(&self, number: usize) {
        self.taken(number).kill();
    }

    /// Stops a node where it stands.
    pub fn freeze_node(&self, number: usize) {
        self.signal(number, Signal::STOP);
    }

    /// Goes on after [`Cluster::freeze_node`].
    pub fn thaw_node(&self, number: usize) {
        self.signal(number, Signal::CONT);
    }

    /// Has a node send its peers to the others, and waits until it has ended.
    pub fn drain_node(&self, number: usize) {
        let data = self.nodes[number - 1].data.to_str().unwrap();
        let drained = self.pool.run(["tracker", "drain", "--data", data]);
        assert_eq!(drained.code, Some(0), "node {number} cannot be drained: {}", drained.stderr);
        let ended = self.taken(number).end(PATIENCE);
        assert_eq!(ended.code, Some(0), "node {number} ended badly: {}", ended.stderr);
    }

    /// An item as a node lists it, once it does so as wished.
    pub fn item_at(&self, number: usize, name: &str, wish: impl Fn(&Item) -> bool) -> Item {
        let query = ItemQuery { search: Some(name.to_owned()), ..ItemQuery::default() };
        until(&format!("node {number}: {name} as wished"), 2 * PATIENCE, || {
            let page = self.runtime.block_on(self.nodes[number - 1].client.items(&query));
            let found = page.map_err(|error| error.to_string())?.items;
            let item = found.iter().find(|item| item.name == name && wish(item));
            item.cloned().ok_or_else(|| format!("{found:?}"))
        })
    }

    /// Waits until every node that runs knows what every other one says.
    pub fn all_linked(&self) {
        let running = self.nodes.iter().filter(|node| node.program.lock().unwrap().is_some());
        let running: Vec<_> = running.collect();
        let complete = format!("peerpool_tracker_links{{state=\"complete\"}} {}", running.len() - 1);
        for node in running {
            until(&format!("the links of {}", node.address), PATIENCE, || {
                // A host that was cut is not found at once.
                let metrics =
                    http_get(self.here(), node.address, "/metrics").map_err(|error| error.to_string())?;
                let metrics = String::from_utf8_lossy(&metrics);
                if metrics.lines().any(|line| line == complete) { Ok(()) } else { Err(links_in(&metrics)) }
            });
        }
    }

    fn spawn_node(&self, number: usize, binary: &Path) {
        let node = &self.nodes[number - 1];
        let address = node.address.to_string();
        let urls = format!("{},{}", self.primary.url(), self.standby.url());
        let through: Vec<_> = node.through.iter().map(String::as_str).collect();
        let args = ["tracker", "--listen", &address, "--advertise", &address, "--no-discovery"];
        let kept = ["--database", &urls, "--data", node.data.to_str().unwrap()];
        let command = self.pool.command_of(binary, &through, args.into_iter().chain(kept));
        let mut program = self.pool.spawn(&format!("node-{number}"), command);
        program.line("ready");
        *node.program.lock().unwrap() = Some(program);
    }

    fn signal(&self, number: usize, signal: Signal) {
        self.nodes[number - 1].program.lock().unwrap().as_ref().unwrap().signal(signal);
    }

    fn taken(&self, number: usize) -> Program {
        self.nodes[number - 1].program.lock().unwrap().take().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // All at once: each waits a while for its peers to go.
        for node in &self.nodes {
            if let Some(program) = node.program.lock().unwrap().as_ref() {
                program.signal(Signal::TERM);
            }
        }
    }
}

fn links_in(metrics: &str) -> String {
    let lines: Vec<_> = metrics.lines().filter(|line| line.starts_with("peerpool_tracker_links")).collect();
    lines.join(", ")
}

/// An address of this machine that is not loopback's, to which Transmission does not connect. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let probe = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    probe.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    Some(probe.local_addr().unwrap().ip()).filter(|address| !address.is_loopback())
}

/// Ports of this machine at which nobody listens. They lie below those that the system gives to outgoing connections,
/// one of which could else have a port by the time that it is used, or used again.
pub(crate) fn free_ports(count: usize) -> Vec<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Others who test at the same time begin elsewhere.
    let first = 10_000 + (process::id() % 10_000) as u16;
    let ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed));
    ports.filter(|port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, *port)).is_ok()).take(count).collect()
}
