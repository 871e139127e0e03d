# iptables 1.8.9 (nf_tables) of Debian 12
iptables-nft -P INPUT DROP
iptables-nft -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables-nft -A INPUT -i lo -j ACCEPT
iptables-nft -A INPUT -p tcp --dport 22 -j ACCEPT
iptables-nft -A INPUT -p tcp -m multiport --dports 80,443,8000:8010 -j ACCEPT
iptables-nft -A INPUT -p udp -m state --state NEW -m udp --dport 53 -j ACCEPT
iptables-nft -A INPUT -p tcp -m conntrack --ctstate NEW --dport 8443 -j ACCEPT
iptables-nft -A INPUT -s 192.0.2.1 -p tcp --dport 3306 -j ACCEPT
iptables-nft -A INPUT -p tcp --dport 25 -m limit --limit 5/s -m comment --comment mail -j ACCEPT
iptables-nft -A INPUT -p tcp --sport 20 -j ACCEPT
iptables-nft -N app
iptables-nft -A INPUT -p tcp -j app
iptables-nft -A app -p tcp --dport 9000 -j ACCEPT
iptables-nft -A INPUT -j REJECT
