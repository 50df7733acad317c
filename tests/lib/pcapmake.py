"""Captures made by hand, for the script tests: frames, TCP connections, pcap and pcapng files.

Everything is deterministic: the same calls give the same bytes. Nothing here reads a clock, a network or a file
made elsewhere. Times are nanoseconds since the epoch.

    capture = Capture()
    c = Connection(capture)                       # 10.0.0.1:40000 -> 10.0.0.2:80
    c.open()
    c.request(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    c.response(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nhi")
    c.close()
    capture.write_pcap("a.pcap")                  # or write_pcapng

Options of a connection: `mss` cuts the data, `lose={2}` leaves the third data segment (counted over both sides) out
of the capture although the peer acknowledges it, `swap={0}` captures data segment 0 after its successor,
`repeat={1}` captures data segment 1 twice.
"""

import ipaddress
import struct

START = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z
STEP = 1_000_000                   # between two packets: one millisecond

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

ETHERNET, RAW, LINUX_SLL, NULL = 1, 101, 113, 0


def checksum(data):
    """The Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp_segment(src, dst, sport, dport, seq, ack, flags, data=b"", window=65535, options=b""):
    """A TCP segment with a right checksum; `src` and `dst` are ipaddress objects."""
    options += b"\0" * (-len(options) % 4)
    offset = (20 + len(options)) // 4
    head = struct.pack("!HHIIBBHHH", sport, dport, seq % 2**32, ack % 2**32, offset << 4, flags, window, 0, 0)
    body = head + options + data
    pseudo = src.packed + dst.packed
    pseudo += struct.pack("!BBH", 0, 6, len(body)) if src.version == 4 else struct.pack("!II", len(body), 6)
    sum_ = checksum(pseudo + body)
    return body[:16] + struct.pack("!H", sum_) + body[18:]


def ip_packet(src, dst, payload, protocol=6, ident=1):
    """An IPv4 or IPv6 packet around `payload`."""
    if src.version == 4:
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident & 0xFFFF, 0x4000, 64, protocol, 0,
                           src.packed, dst.packed)
        return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload
    return struct.pack("!IHBB16s16s", 6 << 28, len(payload), protocol, 64, src.packed, dst.packed) + payload


def udp_packet(src, dst, sport, dport, data):
    """An IP packet with a UDP datagram, without a checksum."""
    return ip_packet(src, dst, struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data, protocol=17)


def icmp_error(router, kind, code, packet):
    """`router` tells the sender of `packet` (IPv4) that it went wrong: an ICMP error that quotes its beginning."""
    message = struct.pack("!BBHI", kind, code, 0, 0) + packet[:28]
    message = message[:2] + struct.pack("!H", checksum(message)) + message[4:]
    return ip_packet(router, ipaddress.ip_address(packet[12:16]), message, protocol=1)


def link_frame(packet, link_type=ETHERNET, vlan=None):
    """`packet` (IP) as a frame of the given link type."""
    ether_type = 0x0800 if packet[0] >> 4 == 4 else 0x86DD
    if link_type == ETHERNET:
        tag = struct.pack("!HH", 0x8100, vlan) if vlan is not None else b""
        return b"\x02\0\0\0\0\x02" + b"\x02\0\0\0\0\x01" + tag + struct.pack("!H", ether_type) + packet
    if link_type == LINUX_SLL:
        return struct.pack("!HHH8sH", 0, 1, 6, b"\x02\0\0\0\0\x01\0\0", ether_type) + packet
    if link_type == NULL:
        return struct.pack("<I", 2 if ether_type == 0x0800 else 10) + packet
    if link_type == RAW:
        return packet
    raise ValueError(f"link type {link_type} is not made here")


class Capture:
    """Frames with times, in capture order."""

    def __init__(self, link_type=ETHERNET, start=START, step=STEP):
        self.link_type, self.now, self.step = link_type, start, step
        self.frames = []  # (ts in ns, bytes)
        self.counts = []  # (frames before them, ts, received, dropped), in pcapng only

    def add(self, frame, ts=None):
        """Appends a frame, at `ts` or one step after the last one."""
        if ts is None:
            ts = self.now
            self.now += self.step
        self.frames.append((ts, frame))

    def count(self, received, dropped=0):
        """Interface statistics of now: what the kernel received, drops included, and dropped."""
        self.counts.append((len(self.frames), self.now, received, dropped))

    def wait(self, ns):
        """Lets time go by."""
        self.now += ns

    def pcap(self, nanoseconds=False, big_endian=False, snaplen=262144):
        """The capture as a pcap file."""
        e = ">" if big_endian else "<"
        out = [struct.pack(e + "IHHiIII", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4, 2, 4, 0, 0, snaplen,
                           self.link_type)]
        for ts, frame in self.frames:
            part = ts % 10**9 // (1 if nanoseconds else 1000)
            kept = frame[:snaplen]
            out.append(struct.pack(e + "IIII", ts // 10**9, part, len(kept), len(frame)) + kept)
        return b"".join(out)

    def pcapng(self, big_endian=False, snaplen=262144, interface="test0"):
        """The capture as a pcapng file: one section, one interface with nanoseconds."""
        e = ">" if big_endian else "<"

        def block(kind, body):
            body += b"\0" * (-len(body) % 4)
            size = len(body) + 12
            return struct.pack(e + "II", kind, size) + body + struct.pack(e + "I", size)

        def option(code, value):
            return struct.pack(e + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)

        end = struct.pack(e + "HH", 0, 0)
        out = [block(0x0A0D0D0A, struct.pack(e + "IHHq", 0x1A2B3C4D, 1, 0, -1)),
               block(1, struct.pack(e + "HHI", self.link_type, 0, snaplen) + option(2, interface.encode())
                     + option(9, b"\x09") + end)]

        def time(ts):
            return struct.pack(e + "II", ts >> 32, ts & 0xFFFFFFFF)

        def statistics(before):
            for at, ts, received, dropped in self.counts:
                if at == before:
                    numbers = option(4, struct.pack(e + "Q", received)) + option(7, struct.pack(e + "Q", dropped))
                    out.append(block(5, struct.pack(e + "I", 0) + time(ts) + numbers + end))

        for number, (ts, frame) in enumerate(self.frames):
            statistics(number)
            kept = frame[:snaplen]
            kept += b"\0" * (-len(kept) % 4)
            lengths = struct.pack(e + "II", min(len(frame), snaplen), len(frame))
            out.append(block(6, struct.pack(e + "I", 0) + time(ts) + lengths + kept))
        statistics(len(self.frames))
        return b"".join(out)

    def write_pcap(self, path, **how):
        with open(path, "wb") as f:
            f.write(self.pcap(**how))

    def write_pcapng(self, path, **how):
        with open(path, "wb") as f:
            f.write(self.pcapng(**how))


class Connection:
    """One TCP connection, written into a capture as it is played."""

    def __init__(self, capture, client=("10.0.0.1", 40000), server=("10.0.0.2", 80), isn=(1000, 2000), mss=1460,
                 vlan=None, lose=(), swap=(), repeat=()):
        self.capture, self.vlan, self.mss = capture, vlan, mss
        self.ends = [(ipaddress.ip_address(client[0]), client[1]), (ipaddress.ip_address(server[0]), server[1])]
        self.next = list(isn)  # next sequence number of client, server
        self.lose, self.swap, self.repeat = set(lose), set(swap), set(repeat)
        self.data_segments = 0
        self.held = None

    def packet(self, side, flags, data=b"", seq=None, ack=None, window=65535, options=b""):
        """One frame from `side` (0 client, 1 server) with the current numbers; they are not moved."""
        (src, sport), (dst, dport) = self.ends[side], self.ends[1 - side]
        seq = self.next[side] if seq is None else seq
        ack = (self.next[1 - side] if flags & ACK else 0) if ack is None else ack
        segment = tcp_segment(src, dst, sport, dport, seq, ack, flags, data, window, options)
        return link_frame(ip_packet(src, dst, segment), self.capture.link_type, self.vlan)

    def emit(self, side, flags, data=b"", **how):
        self.capture.add(self.packet(side, flags, data, **how))

    def open(self):
        """The three-way handshake."""
        mss = struct.pack("!BBH", 2, 4, self.mss)
        self.emit(0, SYN, options=mss)
        self.next[0] += 1
        self.emit(1, SYN | ACK, options=mss)
        self.next[1] += 1
        self.emit(0, ACK)

    def send(self, side, data, ack=True):
        """Data from `side`, cut at the MSS; then one acknowledgement of all of it."""
        for at in range(0, len(data), self.mss):
            part = data[at:at + self.mss]
            frame = self.packet(side, PSH | ACK, part)
            self.next[side] += len(part)
            number = self.data_segments
            self.data_segments += 1
            if number in self.swap:
                self.held = frame
                continue
            if number not in self.lose:
                self.capture.add(frame)
            if number in self.repeat:
                self.capture.add(frame)
            self.release()
        self.release()
        if ack:
            self.emit(1 - side, ACK)

    def release(self):
        if self.held is not None:
            self.capture.add(self.held)
            self.held = None

    def request(self, data, **how):
        self.send(0, data, **how)

    def response(self, data, **how):
        self.send(1, data, **how)

    def close(self, first=0):
        """FIN from `first`, FIN from the other, last ACK."""
        self.emit(first, FIN | ACK)
        self.next[first] += 1
        self.emit(1 - first, FIN | ACK)
        self.next[1 - first] += 1
        self.emit(first, ACK)

    def reset(self, side=1):
        self.emit(side, RST | ACK)


def http_exchange(capture, request, response, **how):
    """A connection of its own that carries one exchange."""
    c = Connection(capture, **how)
    c.open()
    c.request(request)
    c.response(response)
    c.close()
    return c
