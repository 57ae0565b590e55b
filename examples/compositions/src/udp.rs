//! A CoAP endpoint over a UDP socket: the socket, the clock and the waiting that the endpoint leaves to its user.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use coap_codec::endpoint::{
    Arrival, Call, Config, Datagram, Endpoint, Error, Event, Exchange, Observer, Request, Response,
};

/// No datagram is longer. Some peers send more than a block at once.
const DATAGRAM: usize = 65_536;

/// An endpoint with its socket and its clock.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
    endpoint: Endpoint<'static, SocketAddr>,
    epoch: Instant,
    datagram: Box<[u8; DATAGRAM]>,
    out: Vec<u8>,
}

impl Udp {
    /// Binds a socket.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub fn bind(address: impl ToSocketAddrs, config: Config<'static, SocketAddr>) -> io::Result<Self> {
        Ok(Self {
            socket: UdpSocket::bind(address)?,
            endpoint: Endpoint::new(config),
            epoch: Instant::now(),
            datagram: Box::new([0; DATAGRAM]),
            out: Vec::new(),
        })
    }

    /// Where it is bound.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends a request, or lets it wait until the peer may be sent another.
    ///
    /// # Errors
    ///
    /// What the endpoint or the system answers.
    pub fn request(&mut self, to: SocketAddr, request: &Request<'_>) -> io::Result<Call> {
        self.out.clear();
        let (call, datagram) =
            self.endpoint.request(self.epoch.elapsed(), to, request, &mut self.out).map_err(wrong)?;
        self.send(datagram)?;
        Ok(call)
    }

    /// Answers a request.
    ///
    /// # Errors
    ///
    /// What the endpoint or the system answers.
    pub fn respond(&mut self, exchange: Exchange, response: &Response<'_>) -> io::Result<()> {
        self.out.clear();
        let now = self.epoch.elapsed();
        let datagram = self.endpoint.respond(now, exchange, response, &mut self.out).map_err(wrong)?;
        self.send(datagram)
    }

    /// Gives the part of a body that [`Event::Wanted`] asked for.
    ///
    /// # Errors
    ///
    /// What the endpoint or the system answers.
    pub fn supply(&mut self, call: Call, part: &[u8], more: bool) -> io::Result<()> {
        self.out.clear();
        let now = self.epoch.elapsed();
        let datagram = self.endpoint.supply(now, call, part, more, &mut self.out).map_err(wrong)?;
        self.send(datagram)
    }

    /// Says that a resource has changed: an [`Event::Notify`] will come for each of its observers.
    pub fn changed(&mut self, resource: u32) {
        self.endpoint.changed(resource);
    }

    /// Answers an [`Event::Notify`].
    ///
    /// # Errors
    ///
    /// What the endpoint or the system answers.
    pub fn notify(&mut self, observer: Observer, response: &Response<'_>) -> io::Result<()> {
        self.out.clear();
        let now = self.epoch.elapsed();
        let datagram = self.endpoint.notify(now, observer, response, &mut self.out).map_err(wrong)?;
        self.send(datagram)
    }

    /// Gives up a request or an observation.
    ///
    /// # Errors
    ///
    /// What the endpoint answers.
    pub fn cancel(&mut self, call: Call) -> io::Result<()> {
        self.endpoint.cancel(call).map_err(wrong)
    }

    /// Does one thing: what is due, or else the next datagram if one comes in time. `None`: nothing to tell, ask again.
    ///
    /// # Errors
    ///
    /// What the system answers.
    pub fn turn(&mut self, wait: Duration) -> io::Result<Option<Event<'_, SocketAddr>>> {
        self.out.clear();
        let now = self.epoch.elapsed();
        let due = self.endpoint.next_timeout().map(|at| at.saturating_sub(now));
        let step = if due == Some(Duration::ZERO) {
            self.endpoint.handle_timeout(now, &mut self.out)
        } else {
            // A timeout of zero would mean none at all.
            let wait = due.map_or(wait, |due| due.min(wait)).max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(wait))?;
            let (len, from) = match self.socket.recv_from(&mut self.datagram[..]) {
                Ok(received) => received,
                Err(error) if is_nothing(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            let now = self.epoch.elapsed();
            self.endpoint.receive(now, Arrival::from(from), &self.datagram[..len], &mut self.out)
        };
        let step = step.map_err(wrong)?;
        if let Some(Datagram { to, .. }) = step.send {
            self.socket.send_to(&self.out, to)?;
        }
        Ok(step.event)
    }

    fn send(&self, datagram: Option<Datagram<SocketAddr>>) -> io::Result<()> {
        datagram.map_or(Ok(()), |datagram| self.socket.send_to(&self.out, datagram.to).map(drop))
    }
}

/// Nothing came, or (as some systems tell it) an earlier datagram met no one: the endpoint's own clock sees to that.
fn is_nothing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted | ConnectionRefused | ConnectionReset)
}

fn wrong(error: Error) -> io::Error {
    io::Error::other(error)
}
