//! Hosts of their own, for what loopback cannot show.

use std::{
    fs::File,
    net::{IpAddr, Ipv4Addr},
    os::fd::AsFd as _,
    path::Path,
    process::{self, Command},
};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// Hosts in network namespaces, on one switch. Everything is gone when it is dropped. For root on Linux.
#[derive(Debug)]
pub struct Network {
    /// The namespace of the switch; those of the hosts have a number behind it.
    switch: String,
    hosts: u8,
}

impl Network {
    /// Makes so many hosts, numbered from 1. `None`, said on standard output, where that is not allowed.
    pub fn of(hosts: u8) -> Option<Self> {
        let network = Self { switch: format!("peerpool-{}", process::id()), hosts };
        if !rustix::process::geteuid().is_root() || !run("ip", &["netns", "add", &network.switch]) {
            println!("SKIPPED: hosts of their own need root and network namespaces");
            return None;
        }
        network.on_switch(&["link", "add", "switch", "type", "bridge"]);
        network.on_switch(&["link", "set", "switch", "up"]);
        (1..=hosts).for_each(|host| network.add(host));
        Some(network)
    }

    fn add(&self, host: u8) {
        let (namespace, port) = (self.namespace(host), port(host));
        assert!(run("ip", &["netns", "add", &namespace]));
        let pair = ["link", "add", &port, "type", "veth", "peer", "name", "eth0", "netns", &namespace];
        self.on_switch(&pair);
        self.on_switch(&["link", "set", &port, "master", "switch", "up"]);
        let address = format!("{}/24", self.address(host));
        for command in [
            &["link", "set", "lo", "up"][..],
            &["addr", "add", &address, "dev", "eth0"],
            &["link", "set", "eth0", "up"],
        ] {
            assert!(run("ip", &[&["-n", &namespace], command].concat()), "{command:?}");
        }
    }

    /// Where a host is.
    pub fn address(&self, host: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 77, 0, host))
    }

    /// The command that runs another one on a host.
    pub fn on(&self, host: u8) -> [String; 4] {
        ["ip".to_owned(), "netns".to_owned(), "exec".to_owned(), self.namespace(host)]
    }

    /// Moves this thread to a host, with all threads and processes that it starts from now on, until what is given is
    /// dropped.
    pub fn enter(&self, host: u8) -> Inside {
        let before = File::open("/proc/thread-self/ns/net").unwrap();
        move_to(&File::open(Path::new("/run/netns").join(self.namespace(host))).unwrap());
        Inside { before }
    }

    /// Has what a host and these others send to each other get lost without a word.
    pub fn part(&self, host: u8, others: &[u8]) {
        // The frames go to a card that nobody has.
        let nobody = ["lladdr", "02:00:00:00:00:00", "nud", "permanent"];
        self.neighbours("replace", host, others, &nobody);
    }

    /// Ends [`Network::part`].
    pub fn unite(&self, host: u8, others: &[u8]) {
        self.neighbours("delete", host, others, &[]);
    }

    fn neighbours(&self, change: &str, host: u8, others: &[u8], how: &[&str]) {
        for (at, of) in others.iter().flat_map(|other| [(host, *other), (*other, host)]) {
            let (namespace, address) = (self.namespace(at), self.address(of).to_string());
            let command = ["-n", &namespace, "neighbour", change, &address, "dev", "eth0"];
            assert!(run("ip", &[&command[..], how].concat()), "{command:?}");
        }
    }

    /// Pulls a host's cable out of the switch, so that what it sends and what is sent to it is lost without a word.
    pub fn cut(&self, host: u8) {
        self.on_switch(&["link", "set", &port(host), "nomaster"]);
    }

    /// Puts it back.
    pub fn mend(&self, host: u8) {
        self.on_switch(&["link", "set", &port(host), "master", "switch"]);
    }

    fn namespace(&self, host: u8) -> String {
        format!("{}-{host}", self.switch)
    }

    fn on_switch(&self, command: &[&str]) {
        assert!(run("ip", &[&["-n", &self.switch], command].concat()), "{command:?}");
    }
}

/// A thread is on another host than before; it goes back when this is dropped.
#[derive(Debug)]
pub struct Inside {
    before: File,
}

impl Drop for Inside {
    fn drop(&mut self) {
        move_to(&self.before);
    }
}

fn move_to(namespace: &File) {
    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
}

impl Drop for Network {
    fn drop(&mut self) {
        let namespaces = (1..=self.hosts).map(|host| self.namespace(host)).chain([self.switch.clone()]);
        for namespace in namespaces {
            run("ip", &["netns", "delete", &namespace]);
        }
    }
}

fn port(host: u8) -> String {
    format!("port{host}")
}

fn run(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).status().is_ok_and(|status| status.success())
}
