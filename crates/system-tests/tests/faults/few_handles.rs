//! A process that may open hardly any files, and strangers who take connections.

use std::net::TcpStream;

use peerpool_api::ProblemCode;
use peerpool_system_tests::Pool;

#[test]
fn a_peer_with_few_handles_serves_and_obeys_among_idle_strangers() {
    let pool = Pool::new();
    let film = pool.random_file("film.bin", 4 << 20, 1);
    let seed = pool.peer("seed").with(&film).with_open_files(64).start();
    let strangers: Vec<TcpStream> = (0..200).map_while(|_| TcpStream::connect(seed.address()).ok()).collect();

    let status = seed.status();
    assert!(status.problems.iter().any(|problem| problem.code == ProblemCode::Limit), "{status:?}");
    let get = pool.peer("get").start();
    get.fetch(&film);

    assert!(strangers.len() > 64);
}
