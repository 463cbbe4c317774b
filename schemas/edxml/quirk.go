package edxml

// Namespace is that of QCVN 102:2016/BTTTT, in every current message.
const Namespace = "http://www.mic.gov.vn/TBT/QCVN_102_2016"
