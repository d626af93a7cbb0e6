/// CSS colour names: COLOR takes nothing else (RFC 7986 §5.9).
enum ColorName {
    /// The name itself, or the one nearest to `#RGB`, `#RRGGBB` or `#RRGGBBAA`.
    static func nearest(to color: String) -> String? {
        let color = color.lowercased()
        if all.contains(where: { $0.name == color }) { return color }
        guard let wanted = rgb(color) else { return nil }
        return all.min { distance($0.rgb, wanted) < distance($1.rgb, wanted) }?.name
    }

    private static func rgb(_ color: String) -> Int? {
        guard color.hasPrefix("#"), let value = Int(color.dropFirst(), radix: 16), value >= 0 else {
            return nil
        }
        switch color.utf8.count {
        case 4:
            return (value >> 8 & 15) * 0x11_0000 | (value >> 4 & 15) * 0x1100 | (value & 15) * 17
        case 7: return value
        case 9: return value >> 8
        default: return nil
        }
    }

    private static func distance(_ a: Int, _ b: Int) -> Int {
        [16, 8, 0].reduce(0) { sum, shift in
            let difference = (a >> shift & 255) - (b >> shift & 255)
            return sum + difference * difference
        }
    }

    private static let all: [(name: String, rgb: Int)] = [
        ("black", 0x000000), ("dimgray", 0x696969), ("gray", 0x808080), ("silver", 0xC0C0C0),
        ("white", 0xFFFFFF), ("maroon", 0x800000), ("brown", 0xA52A2A), ("firebrick", 0xB22222),
        ("crimson", 0xDC143C), ("red", 0xFF0000), ("tomato", 0xFF6347), ("salmon", 0xFA8072),
        ("orangered", 0xFF4500), ("darkorange", 0xFF8C00), ("orange", 0xFFA500),
        ("gold", 0xFFD700), ("yellow", 0xFFFF00), ("khaki", 0xF0E68C), ("olive", 0x808000),
        ("yellowgreen", 0x9ACD32), ("lime", 0x00FF00), ("limegreen", 0x32CD32),
        ("green", 0x008000), ("darkgreen", 0x006400), ("seagreen", 0x2E8B57),
        ("mediumseagreen", 0x3CB371), ("teal", 0x008080), ("turquoise", 0x40E0D0),
        ("aqua", 0x00FFFF), ("skyblue", 0x87CEEB), ("deepskyblue", 0x00BFFF),
        ("dodgerblue", 0x1E90FF), ("cornflowerblue", 0x6495ED), ("steelblue", 0x4682B4),
        ("royalblue", 0x4169E1), ("blue", 0x0000FF), ("navy", 0x000080),
        ("slateblue", 0x6A5ACD), ("blueviolet", 0x8A2BE2), ("indigo", 0x4B0082),
        ("purple", 0x800080), ("orchid", 0xDA70D6), ("fuchsia", 0xFF00FF),
        ("deeppink", 0xFF1493), ("hotpink", 0xFF69B4), ("pink", 0xFFC0CB), ("plum", 0xDDA0DD),
        ("sienna", 0xA0522D), ("chocolate", 0xD2691E), ("tan", 0xD2B48C),
    ]
}
