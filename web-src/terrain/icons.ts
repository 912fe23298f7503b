// The icons of the field application, outlines of Lucide.
import arrowDown from "lucide-static/icons/arrow-down.svg";
import arrowLeft from "lucide-static/icons/arrow-left.svg";
import arrowRight from "lucide-static/icons/arrow-right.svg";
import arrowUp from "lucide-static/icons/arrow-up.svg";
import camera from "lucide-static/icons/camera.svg";
import check from "lucide-static/icons/check.svg";
import circleAlert from "lucide-static/icons/circle-alert.svg";
import circleCheck from "lucide-static/icons/circle-check.svg";
import circleUser from "lucide-static/icons/circle-user.svg";
import clipboardList from "lucide-static/icons/clipboard-list.svg";
import clock from "lucide-static/icons/clock.svg";
import download from "lucide-static/icons/download.svg";
import file from "lucide-static/icons/file.svg";
import gitCompare from "lucide-static/icons/git-compare.svg";
import image from "lucide-static/icons/image.svg";
import info from "lucide-static/icons/info.svg";
import loaderCircle from "lucide-static/icons/loader-circle.svg";
import logIn from "lucide-static/icons/log-in.svg";
import logOut from "lucide-static/icons/log-out.svg";
import map from "lucide-static/icons/map.svg";
import mapPin from "lucide-static/icons/map-pin.svg";
import minus from "lucide-static/icons/minus.svg";
import paperclip from "lucide-static/icons/paperclip.svg";
import pencil from "lucide-static/icons/pencil.svg";
import plus from "lucide-static/icons/plus.svg";
import refreshCw from "lucide-static/icons/refresh-cw.svg";
import send from "lucide-static/icons/send.svg";
import smartphone from "lucide-static/icons/smartphone.svg";
import trash2 from "lucide-static/icons/trash-2.svg";
import triangleAlert from "lucide-static/icons/triangle-alert.svg";
import undo2 from "lucide-static/icons/undo-2.svg";
import wifiOff from "lucide-static/icons/wifi-off.svg";

export const icons = {
  "arrow-down": arrowDown,
  "arrow-left": arrowLeft,
  "arrow-right": arrowRight,
  "arrow-up": arrowUp,
  camera,
  check,
  "circle-alert": circleAlert,
  "circle-check": circleCheck,
  "circle-user": circleUser,
  "clipboard-list": clipboardList,
  clock,
  download,
  file,
  "git-compare": gitCompare,
  image,
  info,
  "loader-circle": loaderCircle,
  "log-in": logIn,
  "log-out": logOut,
  map,
  "map-pin": mapPin,
  minus,
  paperclip,
  pencil,
  plus,
  "refresh-cw": refreshCw,
  send,
  smartphone,
  "trash-2": trash2,
  "triangle-alert": triangleAlert,
  "undo-2": undo2,
  "wifi-off": wifiOff,
};

export type IconName = keyof typeof icons;
